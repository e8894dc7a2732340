import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseAccessKey, parseActive, parseName } from '../keys/parse-access-key.ts';
import type { AccessClass } from '../model/access.ts';
import { badParameter, notFound } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import { hashKey, KEY_CLASSES, type KeyClass, makeKey } from '../model/key.ts';
import { type KeyEntry, makeAccessKey, makeEntry } from '../model/key-entry.ts';
import { type Context, parameters } from './context.ts';

const MAX_KEY_BYTES = 100_000;
const CLASSES: readonly string[] = [...KEY_CLASSES, 'access', 'all'];

/**
 * `POST` and `GET /keys`, `GET`, `POST` and `DELETE /keys/:key`, `POST /keys/:key/revoke` and `/unrevoke`: for Master keys alone,
 * because no route here says what else it needs.
 *
 * Only the answer that makes a key shows it; only its hash is kept. Where Keen shows it again, `key` holds the key's id, which
 * every route takes in its place. Of Keen's three classes `class` makes and lists keys, which is ours: so they can be rotated.
 */
export function managing(app: FastifyInstance, { keyring, now }: Pick<Context, 'keyring' | 'now'>): void {
  const bodyLimit = MAX_KEY_BYTES;
  const named = (request: FastifyRequest): KeyEntry => {
    const entry = keyring.named(parameters(request).key!);
    if (!entry) throw notFound('There is no such key.');
    return entry;
  };
  /** Changes the key in its turn, so that no change is made from what another one has replaced meanwhile. */
  const change = async (request: FastifyRequest, update: (entry: KeyEntry) => KeyEntry) => {
    await keyring.change(() => ({ put: [update(named(request))] }));
    return describe(named(request));
  };

  app.get('/keys', async ({ query }) => {
    const { class: of = 'access' } = query as { class?: string };
    if (!CLASSES.includes(of)) throw badParameter(`"class" must be one of ${CLASSES.join(', ')}.`);
    return keyring
      .list()
      .filter((entry) => of === 'all' || entry.class === of)
      .map((entry) => describe(entry));
  });

  app.post('/keys', { bodyLimit }, async ({ body }, reply) => {
    const { key, entry } = make(body, now());
    await keyring.change(() => ({ put: [entry] }));
    return reply.code(201).send(describe(entry, key));
  });

  app.get('/keys/:key', async (request) => describe(named(request)));
  app.post('/keys/:key', { bodyLimit }, async (request) => change(request, (entry) => updated(entry, request.body)));

  app.register(async (bodiless) => {
    // Keen's clients send no body, an empty one or `""`, all as JSON; none of it means anything.
    bodiless.removeAllContentTypeParsers();
    bodiless.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, async () => undefined);

    bodiless.post('/keys/:key/revoke', async (request) => change(request, (entry) => ({ ...entry, active: false })));
    bodiless.post('/keys/:key/unrevoke', async (request) => change(request, (entry) => ({ ...entry, active: true })));
    bodiless.delete('/keys/:key', async (request, reply) => {
      await keyring.change(() => ({ remove: [named(request).id] }));
      return reply.code(204).send();
    });
  });
}

/** An Access Key, or with `{"class", "name"}` one of Keen's three classes. */
function make(body: unknown, now: number): { key: string; entry: KeyEntry } {
  if (!isObject(body) || body.class === undefined || body.class === 'access')
    return makeAccessKey(parseAccessKey(body), now);
  const { class: of, name } = body;
  if (!KEY_CLASSES.includes(of as KeyClass))
    throw badParameter(`"class" must be one of ${KEY_CLASSES.join(', ')}, access.`);
  demandPlain(of as AccessClass, body);
  const key = makeKey(of as KeyClass);
  return { key, entry: makeEntry(hashKey(key), of as KeyClass, now, name === undefined ? '' : parseName(name)) };
}

function updated(entry: KeyEntry, body: unknown): KeyEntry {
  if (entry.class === 'access') return { ...entry, ...parseAccessKey(body, entry) };
  if (!isObject(body)) throw badParameter('What is to change is a JSON object with "name" and "is_active".');
  demandPlain(entry.class, body);
  const { name, is_active: active } = body;
  return {
    ...entry,
    ...(name !== undefined && { name: parseName(name) }),
    ...(active !== undefined && { active: parseActive(active) }),
  };
}

/** What a Write, Read or Master key may do is what its class says. */
function demandPlain(of: AccessClass, body: Record<string, unknown>): void {
  if (body.permitted === undefined && body.options === undefined) return;
  throw badParameter(`Only an Access Key has "permitted" and "options"; this is a ${of} key.`);
}

/** A key as the routes describe it: Keen's properties, and what is ours. */
export type KeyAnswer = ReturnType<typeof describe>;

const describe = ({ id, class: of, name, active, permitted, options, createdAt }: KeyEntry, key = id) => ({
  /** The key itself in the answer that makes it, later its id. */
  key,
  id,
  class: of,
  name,
  is_active: active,
  permitted,
  options,
  created_at: new Date(createdAt).toISOString(),
});
