// Requests to each route: valid ones, near misses, and nonsense.
import fc, { type Arbitrary } from 'fast-check';
import { PROJECT } from '../../demo/collector/testing/server.ts';
import { accessKey, batch, event, propertyInPath } from './events.ts';
import { contentType, fewHeaders, key, planted, textOrKey } from './headers.ts';
import { type KeyName, placeholder } from './keys.ts';
import { collection, filters, QUERIES, timeframe, timezone } from './queries.ts';
import { anything, changed, near, text, toText } from './values.ts';

export interface FuzzRequest {
  /** As `routeName` has it, or `nonsense`. */
  route: string;
  method: string;
  /** Path and query as they are sent, with placeholders for keys. */
  path: string;
  /** In the Authorization header, with this scheme. */
  key: KeyName | undefined;
  scheme: string;
  headers: Record<string, string>;
  body: string | undefined;
  encoding: Encoding;
}

export const ENCODINGS = ['none', 'gzip', 'cut gzip', 'no gzip', 'deflate', 'utf16', 'bad utf8', 'chunked'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const API = '/3.0/projects/:id';
/** A tenth of the values, with a key in one place. Not for events and Access Keys, whose values answers repeat. */
const nearOrKey = (valid: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc
    .tuple(near(valid), fc.nat(9), fc.nat(20), planted)
    .map(([value, chance, place, secret]) => (chance ? value : changed(value, place, 'replace', secret)));

/** A URL cannot hold half of a surrogate pair. */
const escaped = (value: string) => encodeURIComponent(Buffer.from(value).toString());
/** A segment of a path. */
const inPath = (valid: Arbitrary<string>, other = textOrKey) =>
  fc.oneof(
    { weight: 12, arbitrary: valid.map(escaped) },
    { weight: 1, arbitrary: other.map(escaped) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%00', '%zz', '%C3', '%252e', '..', '.', ';a=1', 'a%2Fb', '%F0%9F%98%80', ''),
    },
  );

type Query = [name: string, value: string][];
/** A parameter of a URL: lists and objects are JSON there, or PHP's brackets. */
const asParameters = (value: unknown): Query =>
  Object.entries(Object(value) as object)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => [name, typeof inner === 'string' ? inner : toText(inner)]);
const extra: Arbitrary<Query> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Query>([]) },
  { weight: 1, arbitrary: fc.tuple(textOrKey, textOrKey).map((pair): Query => [pair]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'api_key',
          '_',
          'jsonp',
          'email',
          'include_metadata',
          'max_age',
          'token',
          'filters[0][a]',
          'timeframe',
        ),
        textOrKey,
      )
      .map((pair): Query => [pair]),
  },
  { weight: 1, arbitrary: fc.tuple(key).map(([name]): Query => [['api_key', placeholder(name, 'whole')]]) },
);
const inUrl = (given: Arbitrary<unknown>): Arbitrary<string> =>
  fc.tuple(given.map(asParameters), extra).map((parts) => {
    const pairs = parts.flat().map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
    return pairs.length ? `?${pairs.join('&')}` : '';
  });

const base64 = (value: unknown) => Buffer.from(toText(value)).toString('base64');
const beacon = fc.record(
  {
    data: near(event).map(base64),
    redirect: fc.oneof(
      fc.constantFrom('https://shop.example/a?b', 'https://evil.example', 'javascript:alert(1)'),
      text,
    ),
    jsonp: fc.oneof(fc.constantFrom('cb', '$', 'a.b'), text),
    modified: fc.constant('1716200000000'),
  },
  { requiredKeys: ['data'] },
);

const nothing = fc.constant({});
const noBody = fc.constant(undefined);
/** Bodies of routes that read none. */
const ignored = fc.oneof({ weight: 6, arbitrary: noBody }, { weight: 1, arbitrary: anything });
const none = { query: nothing, body: ignored };

interface Parts {
  query: Arbitrary<unknown>;
  body: Arbitrary<unknown>;
}

const queryRoute = (type: string, method: string): Parts => {
  const parameters = nearOrKey(QUERIES[type]!);
  if (method === 'POST') return { query: nothing, body: parameters };
  return { query: parameters, body: ignored };
};

/** Query and body of each route. A route that is missing here fails the run. */
const PARTS: Record<string, Parts> = {
  'GET /health': none,
  'GET /metrics': none,
  'GET /3.0': none,
  'GET /3.0/': none,
  'GET /3.0/projects': none,
  [`GET ${API}`]: none,
  [`GET ${API}/`]: none,
  [`GET ${API}/queries`]: none,
  [`GET ${API}/events`]: none,
  [`GET ${API}/events/:collection`]: none,
  [`GET ${API}/events/:collection (carriesEvent)`]: { query: near(beacon), body: ignored },
  [`GET ${API}/events/:collection/properties/:property`]: none,
  [`POST ${API}/events/:collection`]: { query: nothing, body: near(event) },
  [`POST ${API}/events`]: { query: nothing, body: near(batch) },
  [`GET ${API}/backup`]: none,
  [`GET ${API}/completeness`]: { query: nearOrKey(fc.record({ timeframe, timezone })), body: ignored },
  [`DELETE ${API}/events/:collection`]: {
    query: nearOrKey(fc.record({ filters, timeframe, timezone }, { requiredKeys: ['filters'] })),
    body: ignored,
  },
  [`DELETE ${API}/events/:collection/properties/:property`]: none,
  [`GET ${API}/keys`]: {
    query: nearOrKey(fc.record({ class: fc.constantFrom('write', 'access', 'all') })),
    body: ignored,
  },
  [`POST ${API}/keys`]: { query: nothing, body: near(accessKey) },
  [`GET ${API}/keys/:key`]: none,
  [`POST ${API}/keys/:key`]: { query: nothing, body: near(accessKey) },
  [`POST ${API}/keys/:key/revoke`]: none,
  [`POST ${API}/keys/:key/unrevoke`]: none,
  [`DELETE ${API}/keys/:key`]: none,
  ...Object.fromEntries(
    Object.keys(QUERIES).flatMap((type) =>
      ['GET', 'POST'].map((method) => [`${method} ${API}/queries/${type}`, queryRoute(type, method)]),
    ),
  ),
  'GET /dashboard/': {
    query: nearOrKey(fc.record({ token: fc.constantFrom('wrong', '') }, { requiredKeys: [] })),
    body: ignored,
  },
  'GET /dashboard': none,
  'GET /dashboard/data': { query: nearOrKey(fc.record({ span: fc.constantFrom('1h', '24h', '7d') })), body: ignored },
  'GET /dashboard/activity': none,
  'GET /dashboard/activity/data': {
    query: nearOrKey(
      fc.record({ key: fc.constantFrom('write', 'none'), code: text, limit: fc.constantFrom('1', '1000') }),
    ),
    body: ignored,
  },
  'POST /dashboard/login': { query: nothing, body: near(fc.record({ token: text })) },
  'POST /dashboard/logout': none,
  'GET /dashboard/*': none,
  'OPTIONS *': none,
};

/** HEAD takes what GET takes. */
export const hasArbitrary = (route: string): boolean => route.replace(/^HEAD/, 'GET') in PARTS;

const METHODS = ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'GET', 'POST', 'DELETE', 'HEAD'];
/** A few requests that are JSON in a way that no serializer writes. */
const bodyText = (value: Arbitrary<unknown>): Arbitrary<string | undefined> =>
  fc.tuple(value, fc.nat(60), fc.nat(400)).map(([one, way, at]) => {
    if (one === undefined) return undefined;
    const json = toText(one);
    if (way === 0) return json.slice(0, at);
    if (way === 1) return `\ufeff${json}`;
    if (way === 2) return `${json}${json}`;
    if (way === 3) return json.replace(/"[^"]*":/, (member) => `${member}1,${member}`);
    if (way === 4) return json.slice(0, at) + '[{"a":'.repeat(200) + json.slice(at);
    if (way === 5) return '';
    return json;
  });

/** Mostly the class of key that the route takes; Access Keys and wrong ones too. */
function keyFor(route: string): Arbitrary<KeyName | undefined> {
  // A copy of the whole file for each of many requests would take all the time.
  if (route.endsWith('/backup')) return fc.constantFrom<KeyName | undefined>('read', 'write', 'accessAll', undefined);
  const right: KeyName[] = / \/3\.0(\/projects)?\/?$|\/keys|DELETE|metrics/.test(route)
    ? ['master', 'madeMaster']
    : /POST .*\/events|carriesEvent/.test(route)
      ? ['write', 'madeWrite', 'accessWrites', 'accessAll', 'accessPlain']
      : ['read', 'master', 'accessAll', route.includes('/queries') ? 'accessQueries' : 'accessSchema'];
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: key },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** Keys that the requests may change; see `collector.ts`. */
const KEY_IN_PATH = fc.constantFrom('IDx0x', 'IDx1x', 'IDx2x', placeholder('accessRevoked', 'whole'));

/** A Write key chooses the names of collections, so they are data, and can be any text but a planted key. */
const COLLECTION_IN_PATH = inPath(collection, text);

function pathOf(url: string): Arbitrary<string> {
  const segments = url
    .replace(/^\*$/, '/*')
    .split('/')
    .map((segment): Arbitrary<string> => {
      if (segment === ':id') return fc.oneof({ weight: 30, arbitrary: fc.constant(PROJECT) }, inPath(text));
      if (segment === ':collection') return COLLECTION_IN_PATH;
      if (segment === ':property') return inPath(propertyInPath);
      if (segment === ':key') return inPath(KEY_IN_PATH);
      if (segment === '*') return inPath(fc.constantFrom('index.html', 'activity.js', 'login.css', 'a/../b'));
      return fc.constant(segment);
    });
  return fc.tuple(...segments).map((parts) => parts.join('/'));
}

/** Requests to one route. @throws if the route has no arbitrary */
export function requestTo(route: string): Arbitrary<FuzzRequest> {
  const [, method = '', url = ''] = /^(\S+) (\S+)/.exec(route)!;
  const parts = PARTS[route.replace(/^HEAD/, 'GET')];
  if (!parts) throw new Error(`There is no arbitrary for the route ${route}. Add one to e2e/fuzz/requests.ts.`);
  return fc.record({
    route: fc.constant(route),
    method: fc.oneof(
      { weight: 40, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    ),
    path: fc.tuple(pathOf(url), inUrl(parts.query)).map((both) => both.join('')),
    key: keyFor(route),
    scheme: fc.oneof(
      { weight: 25, arbitrary: fc.constantFrom('Bearer ', '') },
      { weight: 1, arbitrary: fc.constantFrom('bearer  ', 'Basic ', 'KEY') },
    ),
    headers: fc.tuple(contentType, fewHeaders).map(([type, few]) => ({ 'content-type': type, ...few })),
    body: bodyText(parts.body),
    encoding: fc.oneof({ weight: 15, arbitrary: fc.constant('none' as const) }, fc.constantFrom(...ENCODINGS)),
  });
}

/** Paths of no route. */
export const nonsense: Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.array(inPath(fc.oneof(textOrKey, fc.constantFrom('3.0', 'projects', PROJECT, 'events', 'keys', 'queries'))), {
      maxLength: 6,
    }),
    requestTo(`POST ${API}/events`),
  )
  .map(([segments, request]) => ({ ...request, route: 'nonsense', path: `/${segments.join('/')}` }));
