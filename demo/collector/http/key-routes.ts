import type { FastifyInstance, FastifyRequest } from 'fastify';
import { keyInName, parseAccessKey, parseActive, parseName } from '../keys/parse-access-key.ts';
import type { AccessClass } from '../model/access.ts';
import { badParameter, notFound } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import { hashKey, KEY_CLASSES, type KeyClass, makeKey, makeUnlabelledKey } from '../model/key.ts';
import { type KeyEntry, makeAccessKey, makeEntry } from '../model/key-entry.ts';
import { checkNames } from '../queries/parameters.ts';
import { type Context, parameters } from './context.ts';

const MAX_KEY_BYTES = 100_000;
/** Those of an answer, and Keen's `project_id`, too, so that a client can send an answer back. */
const FIELDS = [
  'name',
  'is_active',
  'permitted',
  'options',
  'class',
  'labelled',
  'key',
  'id',
  'project_id',
  'created_at',
  'sha256',
];
const CLASSES: readonly string[] = [...KEY_CLASSES, 'access', 'all'];

/**
 * `POST` and `GET /keys`, `GET`, `POST` and `DELETE /keys/:key`, `POST /keys/:key/revoke` and `/unrevoke`. For Master
 * keys alone, because no route here names another permission.
 *
 * Only the answer that creates a key shows it, because only its hash is stored. In later answers `key` is the key's id,
 * which every route accepts in place of the key. The parameter `class`, an addition to Keen's API, creates and lists
 * Write, Read and Master keys, so that they can be rotated. `fingerprints`, another addition, adds the hash of each key to
 * the list. `"labelled": false`, a third one, creates a key of letters and digits alone.
 */
export function keyRoutes(app: FastifyInstance, { keyring, now }: Pick<Context, 'keyring' | 'now'>): void {
  const bodyLimit = MAX_KEY_BYTES;
  const findEntry = (request: FastifyRequest): KeyEntry => {
    const entry = keyring.get(parameters(request).key!);
    if (!entry) throw notFound('There is no such key.');
    return entry;
  };
  /** A key of this project, in any format, must not be kept in a name. */
  const checkName = ({ name }: KeyEntry) => {
    if ([name, ...name.split(/[\s,;:"'()]+/)].some((word) => keyring.find(word))) throw keyInName();
  };
  /** Reads the entry inside of the change, so that it cannot be one that a concurrent change has replaced. */
  const change = async (request: FastifyRequest, update: (entry: KeyEntry) => KeyEntry) => {
    await keyring.change(() => {
      const entry = update(findEntry(request));
      checkName(entry);
      return { put: [entry] };
    });
    return describe(findEntry(request));
  };

  app.get('/keys', { config: { parameters: ['class', 'fingerprints'] } }, async ({ query }) => {
    const { class: of = 'access', fingerprints = 'false' } = query as { class?: string; fingerprints?: string };
    if (!/^(true|false)$/.test(fingerprints)) throw badParameter('"fingerprints" must be true or false.');
    if (!CLASSES.includes(of)) throw badParameter(`"class" must be one of ${CLASSES.join(', ')}.`);
    return keyring
      .list()
      .filter((entry) => of === 'all' || entry.class === of)
      .map(
        (entry): KeyAnswer => ({
          ...describe(entry),
          ...(fingerprints === 'true' && { sha256: entry.sha256.toString('hex') }),
        }),
      );
  });

  app.post('/keys', { bodyLimit }, async ({ body }, reply) => {
    const { key, entry } = createKey(body, now());
    checkName(entry);
    await keyring.change(() => ({ put: [entry] }));
    return reply.code(201).send(describe(entry, key));
  });

  app.get('/keys/:key', async (request) => describe(findEntry(request)));
  app.post('/keys/:key', { bodyLimit }, async (request) => change(request, (entry) => updated(entry, request.body)));

  app.register(async (bodiless) => {
    // Keen's clients send no body, an empty one or `""`, all as JSON. The routes ignore it.
    bodiless.removeAllContentTypeParsers();
    bodiless.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, async () => undefined);

    bodiless.post('/keys/:key/revoke', async (request) => change(request, (entry) => ({ ...entry, active: false })));
    bodiless.post('/keys/:key/unrevoke', async (request) => change(request, (entry) => ({ ...entry, active: true })));
    bodiless.delete('/keys/:key', async (request, reply) => {
      await keyring.change(() => ({ remove: [findEntry(request).id] }));
      return reply.code(204).send();
    });
  });
}

/** Creates an Access Key or, from `{"class", "name"}`, a Write, Read or Master key. */
function createKey(body: unknown, now: number): { key: string; entry: KeyEntry } {
  checkFields(body);
  const labelled = parseLabelled(body);
  if (!isObject(body) || body.class === undefined || body.class === 'access')
    return makeAccessKey(parseAccessKey(body), now, labelled);
  const { class: of, name } = body;
  if (!KEY_CLASSES.includes(of as KeyClass))
    throw badParameter(`"class" must be one of ${KEY_CLASSES.join(', ')}, access.`);
  checkOwnFields(of as AccessClass, body);
  const key = (labelled ? makeKey : makeUnlabelledKey)(of as KeyClass);
  return { key, entry: makeEntry(hashKey(key), of as KeyClass, now, name === undefined ? '' : parseName(name)) };
}

function parseLabelled(body: unknown): boolean {
  const { labelled = true } = isObject(body) ? body : {};
  if (typeof labelled === 'boolean') return labelled;
  throw badParameter('"labelled" must be true or false.');
}

function updated(entry: KeyEntry, body: unknown): KeyEntry {
  checkFields(body);
  if (entry.class === 'access') return { ...entry, ...parseAccessKey(body, entry) };
  if (!isObject(body)) throw badParameter('A change of a key is a JSON object with "name" and "is_active".');
  checkOwnFields(entry.class, body);
  const { name, is_active: active } = body;
  return {
    ...entry,
    ...(name !== undefined && { name: parseName(name) }),
    ...(active !== undefined && { active: parseActive(active) }),
  };
}

/** A misspelt `is_active` would leave a key as it is. */
function checkFields(body: unknown): void {
  if (isObject(body)) checkNames(body, FIELDS, 'a key');
}

/** The permissions of a Write, Read or Master key are those of its class. */
function checkOwnFields(of: AccessClass, body: Record<string, unknown>): void {
  if (body.permitted === undefined && body.options === undefined) return;
  throw badParameter(`Only an Access Key has "permitted" and "options"; this is a ${of} key.`);
}

/** A key in the answers: Keen's properties, and the additions `id`, `class` and `created_at`. */
export type KeyAnswer = ReturnType<typeof describe> & {
  /** SHA-256 of the key in hex, in a list with `fingerprints=true`. */
  sha256?: string;
};

const describe = ({ id, class: of, name, active, permitted, options, createdAt }: KeyEntry, key = id) => ({
  /** The key itself in the answer that creates it, later its id. */
  key,
  id,
  class: of,
  name,
  is_active: active,
  permitted,
  options,
  created_at: new Date(createdAt).toISOString(),
});
