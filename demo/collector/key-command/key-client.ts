import Fastify from 'fastify';
import { handleError } from '../http/error-handler.ts';
import { keyRoutes } from '../http/key-routes.ts';
import { openKeyring } from '../keys/keyring.ts';
import { SettingsError } from '../model/settings-error.ts';
import { openKeys } from '../storage/duckdb/open-keys.ts';
import type { Keys } from '../storage/storage.ts';

/** How to reach a running collector. */
export interface Remote {
  /** Without a path. */
  url: string;
  projectId: string | undefined;
  masterKey: string | undefined;
}

/** A client of the routes in `keyRoutes`, in this process or over HTTP. */
export interface KeyClient {
  /**
   * Sends a request. @returns the parsed body of the answer
   * @throws SettingsError with the collector's message if it refuses the request
   */
  request(method: Method, path: string, body?: object): Promise<unknown>;
  /** Uses another Master key from now on, so that the current one can be revoked. */
  setMasterKey(masterKey: string): void;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'DELETE';

interface Answer {
  status: number;
  text: string;
}

/**
 * Opens the database file or, if a collector is running, connects to it over HTTP. DuckDB allows one process for each
 * file, and a running collector would overwrite a change that it does not know of.
 * @param isRemote never opens the file
 * @throws SettingsError if a running collector cannot be reached without further settings
 */
export async function openKeyClient(file: string, remote: Remote, isRemote: boolean): Promise<KeyClient> {
  const opened = isRemote ? undefined : await openKeys(file);
  if (opened) return localClient(opened);
  const { url, projectId, masterKey } = remote;
  if (projectId === undefined || masterKey === undefined) throw missingCredentials(file, remote, isRemote);
  return remoteClient({ url, projectId, masterKey });
}

export function missingCredentials(file: string, { url }: Remote, isRemote: boolean): SettingsError {
  const credentials = 'set PROJECT_ID and MASTER_KEY, in the environment or in a file for --config';
  return new SettingsError(
    isRemote
      ? `For the collector at ${url}, ${credentials}.`
      : `A running collector uses ${file}. Either ${credentials}, and --url if it is not at ${url}, or stop it first.`,
  );
}

/** The error of a request that got no answer, in words. */
export function explainFailure(error: Error, url: string): SettingsError {
  const { message, code = '' } = (error.cause as NodeJS.ErrnoException | undefined) ?? (error as NodeJS.ErrnoException);
  const hint = /CERT|SELF_SIGNED|VERIFY/.test(code)
    ? 'Set NODE_EXTRA_CA_CERTS to the file with its certificate.'
    : 'Set --url to the collector’s URL.';
  return new SettingsError(`The collector cannot be reached at ${url}: ${message || code || 'no answer'}. ${hint}`);
}

/** Runs the routes in this process, without authorization: a user who can write the file needs no key. */
async function localClient({ keys, close }: { keys: Keys; close(): void }): Promise<KeyClient> {
  const app = Fastify();
  app.decorateRequest('refusal', '');
  app.setErrorHandler(handleError);
  keyRoutes(app, { keyring: await openKeyring(keys), now: Date.now });
  const send = async (method: Method, url: string, body?: object): Promise<Answer> => {
    const { statusCode, payload } = await app.inject({ method, url, ...(body && { payload: body }) });
    return { status: statusCode, text: payload };
  };
  return {
    request: async (...request) => readAnswer(await send(...request)),
    setMasterKey: () => {},
    close: async () => {
      await app.close();
      close();
    },
  };
}

function remoteClient({
  url,
  projectId,
  masterKey: given,
}: {
  url: string;
  projectId: string;
  masterKey: string;
}): KeyClient {
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
    request: async (...request) => {
      const answer = await send(...request).catch((error: Error) => {
        throw explainFailure(error, url);
      });
      return readAnswer(answer);
    },
    setMasterKey: (key) => void (masterKey = key),
    close: async () => {},
  };
}

function readAnswer({ status, text }: Answer): unknown {
  const body = parse(text);
  if (status < 300) return body;
  throw new SettingsError((body as { message?: string } | undefined)?.message ?? `The collector answered ${status}.`);
}

/** @throws SettingsError if another program than a collector answered */
function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    throw new SettingsError('The answer is not from a collector. Set --url to the collector’s URL.');
  }
}
