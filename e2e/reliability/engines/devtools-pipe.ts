import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** The `stdio` for a browser with `--remote-debugging-pipe`. */
export const pipeStdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;

interface Answer {
  /** Missing in events. */
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

type Send = (method: string, parameters?: object, sessionId?: string) => Promise<Record<string, unknown>>;

/**
 * The DevTools protocol without Playwright, which emulates the focus in every page; such a page is never hidden and
 * never frozen.
 */
export function openPipe(browser: ChildProcess): Send {
  const [, , , input, output] = browser.stdio as [null, null, null, Writable, Readable];
  const waiting = new Map<number, (answer: Answer) => void>();
  let rest = '';
  let count = 0;
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop()!;
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer;
      waiting.get(answer.id!)?.(answer);
      waiting.delete(answer.id!);
    }
  });
  // The browser is killed at the end, which breaks the pipe.
  input.on('error', () => {});
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {}),
      );
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
}

/** A function that freezes and thaws the page at an address, as a browser does with background tabs. */
export async function freezer(send: Send, url: string): Promise<(state: 'frozen' | 'active') => Promise<void>> {
  const { targetInfos } = (await send('Target.getTargets')) as { targetInfos: { targetId: string; url: string }[] };
  const target = targetInfos.find((one) => one.url === url);
  if (!target) throw new Error(`no page is at ${url}`);
  const { sessionId } = await send('Target.attachToTarget', { targetId: target.targetId, flatten: true });
  return async (state) => void (await send('Page.setWebLifecycleState', { state }, sessionId as string));
}
