import Fastify from 'fastify';
import { handleError } from '../http/error-handler.ts';
import { managing } from '../http/key-routes.ts';
import { openKeyring } from '../keys/keyring.ts';
import { SettingsError } from '../model/settings-error.ts';
import { openKeys } from '../storage/duckdb/open-keys.ts';
import type { Keys } from '../storage/storage.ts';

/** What a running collector has to be told to let a command change its keys. */
export interface Remote {
  /** Where it listens, without a path. */
  url: string;
  projectId: string | undefined;
  masterKey: string | undefined;
}

/** Where a command has the project's keys looked after: the routes of `managing`, wherever they run. */
export interface KeyDesk {
  /** @throws SettingsError with the collector's own words where it refuses */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Goes on with another Master key, before the one so far is revoked. */
  become(masterKey: string): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  text: string;
}

/**
 * The database itself while no collector runs, else the collector over HTTP: DuckDB lets one process into a file, and a change
 * behind the back of a running collector would not hold.
 * @throws SettingsError where a running collector cannot be asked
 */
export async function openDesk(file: string, remote: Remote, isRemote: boolean): Promise<KeyDesk> {
  const opened = isRemote ? undefined : await openKeys(file);
  if (opened) return localDesk(opened);
  const { url, projectId, masterKey } = remote;
  if (projectId === undefined || masterKey === undefined) {
    throw new SettingsError(
      `${isRemote ? `The collector at ${url} is to be asked` : `A running collector has ${file}, so it has to be asked`}: ` +
        `give PROJECT_ID and MASTER_KEY, in the environment or in a file for --config${isRemote ? '.' : `, and --url if it is not at ${url}. Or stop it first.`}`,
    );
  }
  return remoteDesk({ url, projectId, masterKey });
}

/** The same routes in this process, without a key: who may write the file needs none. */
async function localDesk({ keys, close }: { keys: Keys; close(): void }): Promise<KeyDesk> {
  const app = Fastify();
  app.decorateRequest('refusal', '');
  app.setErrorHandler(handleError);
  managing(app, { keyring: await openKeyring(keys), now: Date.now });
  const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, body?: object): Promise<Answer> => {
    const { statusCode, payload } = await app.inject({ method, url, ...(body && { payload: body }) });
    return { status: statusCode, text: payload };
  };
  return {
    ask: async (...request) => read(await send(...request)),
    become: () => {},
    close: async () => {
      await app.close();
      close();
    },
  };
}

function remoteDesk({
  url,
  projectId,
  masterKey: given,
}: {
  url: string;
  projectId: string;
  masterKey: string;
}): KeyDesk {
  let masterKey = given;
  const base = `${url}/3.0/projects/${projectId}`;
  const send = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${masterKey}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error',
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    ask: async (...request) => {
      const answer = await send(...request).catch((error: Error) => {
        const { message, code = '' } =
          (error.cause as NodeJS.ErrnoException | undefined) ?? (error as NodeJS.ErrnoException);
        const mend = /CERT|SELF_SIGNED|VERIFY/.test(code)
          ? 'Set NODE_EXTRA_CA_CERTS to the file with its certificate.'
          : 'Say with --url where it listens.';
        throw new SettingsError(`The collector cannot be asked at ${url}: ${message || code || 'no answer'}. ${mend}`);
      });
      return read(answer);
    },
    become: (key) => void (masterKey = key),
    close: async () => {},
  };
}

function read({ status, text }: Answer): unknown {
  const body = parse(text);
  if (status < 300) return body;
  throw new SettingsError((body as { message?: string } | undefined)?.message ?? `The collector answered ${status}.`);
}

/** What answers may be something else than the collector. */
function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    throw new SettingsError('What answers there is no collector. Say with --url where it listens.');
  }
}
