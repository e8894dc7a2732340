import { addSchemaType, addValue, emptyShape, type Shape } from './shape.ts';

/** How to reach the collector. */
export interface Collector {
  /** Without a slash at the end. */
  url: string;
  projectId: string;
  readKey: string;
}

/** The collector refused a request, or did not answer as one. The message holds no key. */
export class CollectorError extends Error {
  override name = 'CollectorError';
}

const TIMEOUT_MS = 120_000;

interface Described {
  name: string;
  /** Path → name of the type. */
  properties: Record<string, string>;
}

/**
 * Reads the schema, and the latest events of each collection.
 *
 * @param latest events of each collection, at most
 * @param omitted paths of properties that are left out, such as `place` or `purchases.place.city`
 * @returns collection → the shape of its events, without `keen`, which the tracker types itself
 * @throws CollectorError
 */
export async function readEvents(
  collector: Collector,
  latest: number,
  omitted: readonly string[],
): Promise<Map<string, Shape>> {
  const schema = (await request(collector, 'GET', '/events')) as Described[];
  if (!Array.isArray(schema)) throw notACollector();
  const collections = new Map<string, Shape>();
  for (const { name: collection, properties } of schema) {
    const shape = emptyShape();
    const isOmitted = (path: string) =>
      ['keen', ...omitted].some((other) =>
        [path, `${collection}.${path}`].some((name) => name === other || name.startsWith(`${other}.`)),
      );
    const query = { event_collection: collection, latest };
    const { result } = (await request(collector, 'POST', '/queries/extraction', query)) as { result?: unknown[] };
    if (!Array.isArray(result)) throw notACollector();
    for (const event of result) addValue(shape, without(event, '', isOmitted));
    for (const [path, type] of Object.entries(properties))
      if (!isOmitted(path)) addSchemaType(shape, path.split('.'), type);
    collections.set(collection, shape);
  }
  return collections;
}

/** The value without omitted properties. */
function without(value: unknown, path: string, isOmitted: (path: string) => boolean): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // `fromEntries` defines `__proto__` as a property like any other.
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, path ? `${path}.${name}` : name, inner] as const)
      .filter(([, inner]) => !isOmitted(inner))
      .map(([name, innerPath, inner]) => [name, without(inner, innerPath, isOmitted)]),
  );
}

async function request(
  { url, projectId, readKey }: Collector,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${url}/3.0/projects/${projectId}${path}`, {
    method,
    headers: { authorization: `Bearer ${readKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    // A redirect would take the key elsewhere.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    const { message, code } = (error.cause as NodeJS.ErrnoException | undefined) ?? (error as NodeJS.ErrnoException);
    throw new CollectorError(`The collector cannot be reached at ${url}: ${message || code || 'no answer'}.`);
  });
  const answer = parseJson(await response.text());
  if (!response.ok) {
    const { message } = (answer ?? {}) as { message?: string };
    throw new CollectorError(`The collector answered ${response.status}: ${message ?? 'no message'}`);
  }
  if (answer === undefined) throw notACollector();
  return answer;
}

const notACollector = () =>
  new CollectorError('The answer is not from a collector with Keen’s API. --url must be the collector’s URL.');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
