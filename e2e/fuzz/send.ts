import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { type Keys, withKeys } from './keys.ts';
import type { Encoding, FuzzRequest } from './requests.ts';

export interface Answer {
  status: number;
  /** Names and values by turns. */
  headers: string[];
  text: string;
}

/** The collector, and the values of a request's placeholders. */
export interface Target {
  url: string;
  keys: Keys;
  spareIds: readonly string[];
  /** The session of the dashboard. */
  cookie: string;
}

const ANSWER_TIMEOUT_MS = 60_000;

/** One connection, so that requests arrive in order. */
export const createAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

/**
 * Sends a request and reads its answer.
 * @throws if there is none
 */
export async function send(request: FuzzRequest, target: Target, agent: Agent): Promise<Answer> {
  try {
    return await sendOnce(request, target, agent);
  } catch (error) {
    // The collector may close a connection after an answer, at the moment when the next request is sent.
    if (!(error as { wasReused?: boolean }).wasReused) throw error;
    return sendOnce(request, target, new Agent());
  }
}

function sendOnce(given: FuzzRequest, target: Target, agent: Agent): Promise<Answer> {
  const { url, keys, spareIds, cookie } = target;
  const plain = (text: string) => withKeys(text, keys, (key) => key);
  const path = withKeys(given.path, keys, (key) => (key.startsWith('%') ? key : encodeURIComponent(key)));
  const { bytes, headers } = bodyOf(given.body === undefined ? undefined : plain(given.body), given.encoding);
  const sent = httpRequest(url, {
    agent,
    method: given.method,
    path: path.replace(/IDx(\d)x/g, (_, index) => spareIds[Number(index)]!),
    headers: {
      ...Object.fromEntries(Object.entries(given.headers).map(([name, value]) => [name, plain(value)])),
      ...headers,
      ...(given.key && { authorization: given.scheme + keys[given.key] }),
      ...(/dashboard(?!\/log)/.test(given.route) && { cookie }),
    },
  });
  return new Promise((resolve, reject) => {
    sent.setTimeout(ANSWER_TIMEOUT_MS, () => sent.destroy(new Error('There was no answer.')));
    sent.on('error', (error) => reject(Object.assign(error, { wasReused: sent.reusedSocket })));
    sent.on('response', (response) => readAnswer(response).then(resolve, reject));
    sent.end(bytes);
  });
}

/** By the Content-Encoding of an answer. */
const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
};

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const decode = DECODERS[response.headers['content-encoding'] ?? ''];
  const text = (decode && bytes.length ? decode(bytes) : bytes).toString();
  return { status: response.statusCode!, headers: response.rawHeaders, text };
}

function bodyOf(body: string | undefined, encoding: Encoding): { bytes?: Buffer; headers: Record<string, string> } {
  if (body === undefined) return { headers: {} };
  const bytes = Buffer.from(body);
  const length = (encoded: Buffer) => ({ 'content-length': String(encoded.length) });
  switch (encoding) {
    case 'none':
      return { bytes, headers: length(bytes) };
    case 'chunked':
      return { bytes, headers: { 'transfer-encoding': 'chunked' } };
    case 'gzip':
    case 'cut gzip': {
      const zipped = gzipSync(bytes);
      const kept = encoding === 'gzip' ? zipped : zipped.subarray(0, zipped.length - 5);
      return { bytes: kept, headers: { 'content-encoding': 'gzip', ...length(kept) } };
    }
    case 'no gzip':
      return { bytes, headers: { 'content-encoding': 'gzip', ...length(bytes) } };
    case 'deflate':
      return { bytes, headers: { 'content-encoding': 'deflate', ...length(bytes) } };
    case 'utf16': {
      const wide = Buffer.from(body, 'utf16le');
      return { bytes: wide, headers: length(wide) };
    }
    case 'bad utf8': {
      const bad = Buffer.concat([
        bytes.subarray(0, bytes.length / 2),
        Buffer.from([0xff, 0xc0]),
        bytes.subarray(bytes.length / 2),
      ]);
      return { bytes: bad, headers: length(bad) };
    }
  }
}
