import type { AccessKey } from '../../../src/types.ts';
import { part } from '../dom.ts';
import type { Slot } from './shop-tracker.ts';

/** Made up at each click: none of them opens anything. */
const EXAMPLES: Record<string, () => string | AccessKey> = {
  'A Read key': () => `read_${hex(64)}`,
  'A Master key, 32 hex digits': () => hex(32),
  'A project id': () => hex(24),
  'An Access Key that may query': () => ({ key: hex(64), is_active: true, permitted: ['writes', 'queries'] }),
  'A key with a line break': () => `write_${hex(64)}\r\nX-Injected: yes`,
  'A good Write key': () => `write_${hex(64)}`,
};

/** The panel where a key is pasted and turned away. The key itself is shown nowhere, not even in part. */
export function startKeyTrial(panel: HTMLElement, slot: Slot): void {
  const verdict = part(panel, 'verdict');
  const field = part<HTMLTextAreaElement>(panel, 'key');

  const tryKey = (what: string, key: string | AccessKey) => {
    try {
      slot.tryKey(key);
      show(
        'good',
        'Let in',
        what,
        'Nothing about it says that it can read. Whether it is the right one, only the collector knows. The shop goes on with its own.',
      );
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      show('bad', 'Return to sender', what, `${error.name}: ${error.message}`);
    }
  };

  const show = (tone: 'good' | 'bad', stamp: string, what: string, text: string) => {
    const mark = document.createElement('b');
    mark.className = 'rubber';
    mark.textContent = stamp;
    const tried = document.createElement('span');
    tried.textContent = what;
    const why = document.createElement('p');
    why.textContent = text;
    verdict.dataset.tone = tone;
    verdict.replaceChildren(mark, tried, why);
  };

  part(panel, 'examples').append(
    ...Object.entries(EXAMPLES).map(([label, make]) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = label;
      button.addEventListener('click', () => tryKey(label, make()));
      return button;
    }),
  );

  part(panel, 'try').addEventListener('click', () => {
    const text = field.value;
    field.value = '';
    tryKey('Your key', readKey(text));
    field.focus();
  });
}

/** An Access Key is pasted as its JSON; all else is taken letter by letter, line breaks included. */
function readKey(text: string): string | AccessKey {
  if (!text.trim().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const hex = (digits: number) =>
  Array.from(crypto.getRandomValues(new Uint8Array(digits / 2)), (byte) => byte.toString(16).padStart(2, '0')).join('');
