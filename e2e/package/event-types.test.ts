// `mailslot types` against a real collector: random schemas make a round trip, drift is found, and the output compiles.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { KEYS, PROJECT, startServer, type TestServer } from '../../demo/collector/testing/server.ts';
import { runCli } from '../../src/tools/testing/run-cli.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';

const folder = temporaryFolder();
after(() => folder.remove());

interface RandomType {
  scalars: string[];
  object?: RandomObject | undefined;
  elements?: RandomType | undefined;
}
type RandomObject = Record<string, { optional: boolean; type: RandomType }>;

const VALUES: Record<string, unknown> = { string: 'text', number: -1.5, boolean: false, null: null };

const name = fc
  .oneof(
    fc.constantFrom(
      'item',
      'price',
      '__proto__',
      'default',
      'class',
      "it's",
      '"',
      '1',
      'a b',
      'A-b',
      '\\',
      'ü',
      '☃',
      '\n',
      '\u2028',
    ),
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
  )
  .filter((text) => text.trim() !== '' && !/^\$|\.|\0|^keen$/.test(text));
const scalars = fc.subarray(['string', 'number', 'boolean', 'null']);
const { object } = fc.letrec<{ object: RandomObject; type: RandomType }>((tie) => ({
  object: fc.dictionary(name, fc.record({ optional: fc.boolean(), type: tie('type') }), { maxKeys: 6 }),
  type: fc
    .record({
      scalars,
      object: fc.option(tie('object'), { nil: undefined, depthSize: 'small' }),
      // Keen's lists hold no objects and no lists.
      elements: fc.option(fc.record({ scalars }), { nil: undefined }),
    })
    .map((type) => (type.scalars.length || type.object || type.elements ? type : { ...type, scalars: ['number'] })),
}));
const collection = object.map(
  (properties): RandomObject => ({
    ...properties,
    required: { optional: false, type: { scalars: ['string'] } },
  }),
);

/** Values that together show everything that the type says. */
function valuesOf({ scalars, object, elements }: RandomType): unknown[] {
  return [
    ...scalars.map((scalar) => VALUES[scalar]),
    ...(object ? objectsOf(object) : []),
    ...(elements ? [valuesOf(elements)] : []),
  ];
}

function objectsOf(properties: RandomObject): object[] {
  const all = Object.entries(properties).map(([key, { optional, type }]) => ({
    key,
    optional,
    values: valuesOf(type),
  }));
  const count = Math.max(1, ...all.map(({ values }) => values.length));
  const objects = Array.from({ length: count }, (_, n) =>
    Object.fromEntries(all.map(({ key, values }) => [key, values[n % values.length]])),
  );
  const required = all.filter(({ optional }) => !optional);
  return required.length === all.length
    ? objects
    : [...objects, Object.fromEntries(required.map(({ key, values }) => [key, values[0]]))];
}

/** The type as the test expects it, on one line, with every name in quotes. */
function expected({ scalars, object, elements }: RandomType): string {
  const parts = ['string', 'number', 'boolean', 'null'].filter((scalar) => scalars.includes(scalar));
  if (object) parts.push(expectedObject(object));
  if (elements) {
    const inner = expected(elements);
    parts.push(/ \| /.test(inner) ? `(${inner})[]` : `${inner}[]`);
  }
  return parts.join(' | ') || 'unknown';
}

function expectedObject(properties: RandomObject): string {
  const keys = Object.keys(properties).sort();
  if (!keys.length) return 'Record<string, never>';
  const members = keys.map((key) => {
    const { optional, type } = Object.entries(properties).find(([other]) => other === key)![1];
    return `${JSON.stringify(key)}${optional ? '?' : ''}: ${expected(type)};`;
  });
  return `{ ${members.join(' ')} }`;
}

/** The printed types on one line, with every name in quotes. */
const flat = (text: string) =>
  text
    .replace(/^\/\/.*\n/gm, '')
    .replace(/^( +)([A-Za-z_$][\w$]*)(\??:)/gm, '$1"$2"$3')
    .replace(/^( +)'((?:[^'\\]|\\.)*)'(\??:)/gm, (_, indent, quoted: string, colon) => {
      const text = JSON.parse(`"${quoted.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`) as string;
      return `${indent}${JSON.stringify(text)}${colon}`;
    })
    .replace(/\n */g, ' ')
    .trim();

async function record(server: TestServer, events: Record<string, object[]>): Promise<void> {
  const answer = await server.ask('/events', KEYS.write, events);
  assert.equal(answer.status, 200);
  const results = Object.values((await answer.json()) as Record<string, { success: boolean }[]>).flat();
  assert.ok(
    results.every(({ success }) => success),
    JSON.stringify(results.find(({ success }) => !success)),
  );
}

const types = (server: TestServer, ...args: string[]) =>
  runCli(['types', '--url', server.url, '--project-id', PROJECT, ...args], {
    env: { MAILSLOT_READ_KEY: KEYS.read },
    cwd: folder.path,
  });

test('random schemas make a round trip, and the output compiles and takes the events', async (t) => {
  const server = await startServer(t);
  const schemas = fc.sample(collection, { numRuns: 60, seed: 20_261_126 });
  const events = Object.fromEntries(schemas.map((schema, index) => [`c ${index}`, objectsOf(schema)]));
  await record(server, events);
  const { code, stdout, stderr } = await types(server);
  assert.deepEqual([code, stderr], [0, '']);
  const members = [...schemas.entries()]
    .map(([index, schema]) => [`c ${index}`, expectedObject(schema)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, type]) => `${JSON.stringify(key)}: ${type};`);
  assert.equal(flat(stdout), `export interface Events { ${members.join(' ')} }`);

  const project = join(folder.path, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'events.ts'), stdout);
  const calls = Object.entries(events).flatMap(([key, all]) =>
    // `{ "__proto__": 1 }` in code sets the prototype.
    all.map(
      (event) =>
        `tracker.track(${JSON.stringify(key)}, ${JSON.stringify(event).replaceAll('"__proto__":', '["__proto__"]:')});`,
    ),
  );
  const code1 = `import { createTracker } from 'mailslot';
import type { Events } from './events.ts';
const tracker = createTracker<Events>({ projectId: 'p', writeKey: 'write_1' });
${calls.join('\n')}
// @ts-expect-error no such collection
tracker.track('nowhere', { required: 'x' });
// @ts-expect-error a missing property
tracker.track('c 0', { keen: {} });
`;
  writeFileSync(join(project, 'app.ts'), code1);
  const compilerOptions = {
    module: 'ESNext',
    moduleResolution: 'bundler',
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: { mailslot: [join(root, 'src/index.ts')] },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const { stdout: problems } = await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    project,
    '--pretty',
    'false',
  ]).catch((error: { stdout: string }) => error);
  assert.equal(problems.slice(0, 2000), '');
});

test('--check passes until the events drift, and shows what has changed', async (t) => {
  const server = await startServer(t);
  const event = { item: 'stamp', price: 1, place: { city: 'Bonn' }, tags: ['a'] };
  await record(server, { purchases: [event, event], visits: [{ page: '/' }] });
  assert.equal((await types(server, '--out', 'src/events.ts')).code, 0);
  assert.deepEqual(await types(server, '--check', 'src/events.ts'), { code: 0, stdout: '', stderr: '' });

  const { price: _, ...withoutPrice } = event;
  const drifts: [what: string, events: Record<string, object[]>, removed: RegExp, added: RegExp][] = [
    ['a new property', { purchases: [{ ...event, gift: true }] }, /^$/, /gift\?: boolean/],
    ['a missing property', { purchases: [withoutPrice] }, /price: number/, /price\?: number/],
    ['another type', { purchases: [{ ...event, price: '1' }] }, /price\?: number/, /price\?: string \| number/],
    ['null', { purchases: [{ ...event, item: null }] }, /item: string/, /item: string \| null/],
    ['a nested property', { purchases: [{ ...event, place: { city: 'Bonn', zip: 1 } }] }, /^$/, /zip\?: number/],
    ['another element', { purchases: [{ ...event, tags: [1] }] }, /tags: string\[\]/, /tags: \(string \| number\)\[\]/],
    ['an object in place of text', { visits: [{ page: { path: '/' } }] }, /page: string/, /page: string \| \{/],
    ['a new collection', { 'sign-ups': [{ plan: 'a' }] }, /^$/, /'sign-ups': \{/],
  ];
  for (const [what, events, removed, added] of drifts) {
    await record(server, events);
    const { code, stdout, stderr } = await types(server, '--check', 'src/events.ts');
    assert.equal(code, 1, what);
    const lines = (sign: string) =>
      stdout
        .split('\n')
        .filter((line) => line.startsWith(sign))
        .join('\n');
    assert.match(lines('- '), removed, what);
    assert.match(lines('+ '), added, what);
    assert.match(
      stderr,
      /src\/events\.ts \(-\) differs from the events of the collector \(\+\)\. --out src\/events\.ts/,
    );
    assert.equal((await types(server, '--out', 'src/events.ts')).code, 0);
    assert.equal((await types(server, '--check', 'src/events.ts')).code, 0, what);
  }
});

test('properties of extend and of add-ons can be left out, and only the latest events count', async (t) => {
  const server = await startServer(t);
  await record(server, { a: [{ n: 1, view: '/', geo: { city: 'x' } }], b: [{ n: 'old', view: '/' }] });
  await record(server, { b: [{ m: 1, view: '/' }] });
  const { stdout } = await types(server, '--omit', 'view', '--omit', 'a.geo', '--events', '1');
  assert.equal(flat(stdout), 'export interface Events { "a": { "n": number; }; "b": { "m": number; "n"?: string; }; }');
});

test('a key or project that the collector refuses, and anything but a collector, are errors without the key', async (t) => {
  const server = await startServer(t);
  const base = { url: server.url, project: PROJECT, key: KEYS.read };
  const wrong: [Partial<typeof base>, RegExp][] = [
    [{ key: KEYS.write }, /The collector answered 401: A Write key may only record/],
    [{ key: 'read_of_nobody_0123' }, /The collector answered 401/],
    [{ key: '' }, /set MAILSLOT_READ_KEY in the environment/],
    [{ key: 'read 0123' }, /holds characters that no key has/],
    [{ project: 'another' }, /The collector answered 404/],
    [{ project: KEYS.read }, /--project-id must be one path segment/],
    [{ url: 'http://collector.example' }, /--url must be the collector’s URL, with https:/],
    [{ url: `https://collector.example/${KEYS.master}` }, /--url must be/],
    [{ url: '/ingest' }, /--url must be/],
    [{ url: 'http://127.0.0.1:1' }, /cannot be reached at http:\/\/127\.0\.0\.1:1: /],
    [{ url: `${server.url}/dashboard` }, /The collector answered 401: no message/],
  ];
  for (const [other, message] of wrong) {
    const { url, project, key } = { ...base, ...other };
    const { code, stdout, stderr } = await runCli(['types', '--url', url, '--project-id', project], {
      env: { MAILSLOT_READ_KEY: key },
    });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, message);
    for (const secret of [...Object.values(KEYS), 'read_of_nobody', 'read 0123']) assert.ok(!stderr.includes(secret));
  }
  const missing = await types(server, '--check', 'nowhere.ts');
  assert.deepEqual([missing.code, missing.stdout], [2, '']);
  assert.match(missing.stderr, /cannot be read \(ENOENT\)\. --out writes it/);
  assert.match((await types(server, '--events', '0')).stderr, /--events must be a whole number/);
  assert.match((await types(server, '--out', 'a', '--check', 'a')).stderr, /exclude each other/);
});
