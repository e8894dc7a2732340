import { PROJECT } from './server.ts';

// Requests of Keen's clients in other languages, as they put them on the wire. Only the hosts, ids and keys differ.

type KeyName = 'write' | 'read' | 'master' | 'access';

export interface ClientRequest {
  client: string;
  /** What the client's user called. */
  call: string;
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** The path below `/3.0`. `WRITE`, `READ` and `ACCESS` stand for a key. */
  path: string;
  /** The key in the Authorization header, sent without a scheme. Absent if the URL or `headers` hold one. */
  key?: KeyName;
  /** Headers besides Authorization, as the client spells them. */
  headers: Record<string, string>;
  body?: string;
  status: number;
  /** The JSON of the answer, or a pattern for its text. */
  answer: unknown;
}

export const ROOT = `/projects/${PROJECT}`;
export const URL_ROOT = `/3.0${ROOT}`;
export const JSON_TYPE = { 'Content-Type': 'application/json' };
export const CREATED = { created: true };
export const OVER_ONE = [{ property_name: 'price', operator: 'gt', property_value: 1 }];

/** The events that each query finds. */
export const PURCHASES = [
  { item: 'pen', price: 1, user: { id: 'ada' }, keen: { timestamp: '2024-05-14T10:00:00.000Z' } },
  { item: 'ink', price: 5, user: { id: 'bob' }, keen: { timestamp: '2024-05-15T10:00:00.000Z' } },
];

const COLLECTION = {
  name: 'purchases',
  properties: {
    item: 'string',
    price: 'num',
    'user.id': 'string',
    'keen.timestamp': 'datetime',
    'keen.created_at': 'datetime',
    'keen.id': 'string',
  },
  url: `${URL_ROOT}/events/purchases`,
};

/** An Access Key in an answer, whatever else it holds. */
const ACCESS_KEY = /^\{"key":"[^"]+",.*"name":"[^"]+","is_active":(true|false),"permitted":\["writes"\],"options":\{/;

export const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();
export const base64 = (event: unknown) => Buffer.from(JSON.stringify(event)).toString('base64');
const urlSafe = (event: unknown) => base64(event).replaceAll('+', '-').replaceAll('/', '_');
/** The result of a bulk. */
const taken = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Array(count).fill({ success: true })]));

type Rest = Omit<ClientRequest, 'client' | 'headers'> & { headers?: Record<string, string> };

/** Adds the client's name and its headers to each request. */
export const requestsOf = (client: string, headers: Record<string, string>, requests: Rest[]): ClientRequest[] =>
  requests.map((request) => ({ client, ...request, headers: { ...headers, ...request.headers } }));

/** `requests` sends its headers with each request, and encodes spaces as `+`. */
const PYTHON = requestsOf(
  'KeenClient-Python 0.7.0',
  {
    ...JSON_TYPE,
    'Keen-Sdk': 'python-0.7.0',
    'User-Agent': 'python-requests/2.31.0',
    'Accept-Encoding': 'gzip, deflate',
    Accept: '*/*',
    Connection: 'keep-alive',
  },
  [
    {
      call: 'add_event',
      method: 'POST',
      path: `${ROOT}/events/python`,
      key: 'write',
      body: '{"a": 1, "keen": {"timestamp": "2024-05-15T10:00:00.123456+00:00"}}',
      status: 201,
      answer: CREATED,
    },
    {
      call: 'add_events',
      method: 'POST',
      path: `${ROOT}/events`,
      key: 'write',
      body: '{"python": [{"a": 2}, {"a": 3}], "python two": [{"a": "\\u00e9"}]}',
      status: 200,
      answer: taken({ python: 2, 'python two': 1 }),
    },
    {
      call: 'generate_image_beacon',
      method: 'GET',
      path: `${ROOT}/events/python?api_key=WRITE&data=${encodeURIComponent(base64({ a: 4 }))}`,
      status: 200,
      answer: /^GIF89a/,
    },
    {
      call: 'count with filters and a timeframe',
      method: 'GET',
      path: `${ROOT}/queries/count?${query({
        event_collection: 'purchases',
        timeframe: '{"start": "2024-05-14T00:00:00Z", "end": "2024-05-16T00:00:00Z"}',
        filters: '[{"property_name": "price", "operator": "gt", "property_value": 1}]',
      })}`,
      key: 'read',
      status: 200,
      answer: { result: 1 },
    },
    {
      call: 'sum with group_by, order_by and limit',
      method: 'GET',
      path: `${ROOT}/queries/sum?${query({
        event_collection: 'purchases',
        target_property: 'price',
        group_by: 'item',
        order_by: '[{"property_name": "result", "direction": "DESC"}]',
        limit: '1',
      })}`,
      key: 'read',
      status: 200,
      answer: { result: [{ item: 'ink', result: 5 }] },
    },
    {
      call: 'multi_analysis with an interval',
      method: 'GET',
      path: `${ROOT}/queries/multi_analysis?${query({
        event_collection: 'purchases',
        timeframe: 'previous_1_days',
        interval: 'daily',
        analyses: '{"total": {"analysis_type": "sum", "target_property": "price"}}',
      })}`,
      key: 'read',
      status: 200,
      answer: {
        result: [
          { value: { total: 1 }, timeframe: { start: '2024-05-14T00:00:00.000Z', end: '2024-05-15T00:00:00.000Z' } },
        ],
      },
    },
    {
      call: 'extraction with an email',
      method: 'GET',
      path: `${ROOT}/queries/extraction?${query({ event_collection: 'purchases', email: 'a@example.com' })}`,
      key: 'read',
      status: 400,
      answer: /"email\\" cannot be used.*InvalidParameterError/,
    },
    {
      call: 'get_collection',
      method: 'GET',
      path: `${ROOT}/events/purchases`,
      key: 'read',
      status: 200,
      answer: COLLECTION,
    },
    {
      call: 'create_access_key',
      method: 'POST',
      path: `${ROOT}/keys`,
      key: 'master',
      body: '{"name": "a key", "is_active": true, "permitted": ["writes"], "options": {}}',
      status: 201,
      answer: ACCESS_KEY,
    },
    {
      call: 'revoke_access_key',
      method: 'POST',
      path: `${ROOT}/keys/ACCESS/revoke`,
      key: 'master',
      headers: { 'Content-Length': '0' },
      status: 200,
      answer: ACCESS_KEY,
    },
    {
      call: 'delete_events',
      method: 'DELETE',
      path: `${ROOT}/events/python?${query({ filters: '[{"property_name": "a", "operator": "eq", "property_value": 2}]' })}`,
      key: 'master',
      headers: { 'Content-Length': '0' },
      status: 204,
      answer: /^$/,
    },
  ],
);

/** Net::HTTP adds its own Accept headers. */
const RUBY = requestsOf(
  'keen-gem 1.1.1',
  {
    ...JSON_TYPE,
    'User-Agent': 'keen-gem, v1.1.1, sync, 2.7.8, x86_64-linux, 225, ruby',
    'Keen-Sdk': 'ruby-1.1.1',
    'Accept-Encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
    Accept: '*/*',
  },
  [
    {
      call: 'publish',
      method: 'POST',
      path: `${ROOT}/events/ruby`,
      key: 'write',
      body: '{"a":1}',
      status: 201,
      answer: CREATED,
    },
    {
      call: 'publish_batch',
      method: 'POST',
      path: `${ROOT}/events`,
      key: 'write',
      body: '{"ruby":[{"a":2},{"$a":3}]}',
      status: 200,
      answer:
        /^\{"ruby":\[\{"success":true\},\{"success":false,"error":\{"name":"InvalidPropertyNameError","description":/,
    },
    {
      call: 'beacon_url',
      method: 'GET',
      path: `${ROOT}/events/ruby?api_key=WRITE&data=${urlSafe({ a: '~~~???ÿÿ' })}`,
      status: 200,
      answer: /^GIF89a/,
    },
    {
      call: 'redirect_url',
      method: 'GET',
      path: `${ROOT}/events/ruby?api_key=WRITE&data=${urlSafe({ a: 5 })}&redirect=https%3A%2F%2Fshop.example%2F`,
      status: 302,
      answer: /^$/,
    },
    {
      call: 'count by GET',
      method: 'GET',
      path: `${ROOT}/queries/count?event_collection=purchases&filters=${encodeURIComponent(JSON.stringify(OVER_ONE))}`,
      key: 'read',
      status: 200,
      answer: { result: 1 },
    },
    {
      call: 'count by POST',
      method: 'POST',
      path: `${ROOT}/queries/count`,
      key: 'read',
      body: `{"filters":${JSON.stringify(OVER_ONE)},"timeframe":"previous_7_days","event_collection":"purchases"}`,
      status: 200,
      answer: { result: 0 },
    },
    {
      call: 'project_info',
      method: 'GET',
      path: ROOT,
      key: 'master',
      status: 200,
      answer: /^\{"id":"\w{24}","name":"\w+","url":".*","events":\[\{"name":".*"saved_queries":\[\]\}$/,
    },
    {
      call: 'event_collections',
      method: 'GET',
      path: `${ROOT}/events`,
      key: 'master',
      status: 200,
      answer: /^\[\{"name":/,
    },
    {
      call: 'event_collection',
      method: 'GET',
      path: `${ROOT}/events/purchases`,
      key: 'master',
      status: 200,
      answer: COLLECTION,
    },
    {
      call: 'access_keys.unrevoke',
      method: 'POST',
      path: `${ROOT}/keys/ACCESS/unrevoke`,
      key: 'master',
      body: '""',
      status: 200,
      answer: ACCESS_KEY,
    },
    { call: 'delete', method: 'DELETE', path: `${ROOT}/events/ruby`, key: 'master', status: 204, answer: /^$/ },
    {
      call: 'saved_queries.all',
      method: 'GET',
      path: `${ROOT}/queries/saved`,
      key: 'master',
      status: 404,
      answer: /"error_code":"ResourceNotFoundError"/,
    },
    {
      call: 'cached_datasets.list',
      method: 'GET',
      path: `${ROOT}/datasets`,
      key: 'read',
      status: 404,
      answer: /"error_code":"ResourceNotFoundError"/,
    },
  ],
);

const timestamped = (n: number) => ({ n, keen: { timestamp: '2024-05-15T10:00:00.000+0000' } });
/** The store keeps 10,000 events of each collection, and sends all of them as one body. */
const FULL_STORE = Array.from({ length: 10_000 }, (_, n) => timestamped(n));

const JAVA = requestsOf(
  'KeenClient-Java 5.1.0',
  {
    Accept: 'application/json',
    'Keen-Sdk': 'java-5.1.0',
    'User-Agent': 'Java/1.8.0_292',
    Connection: 'keep-alive',
  },
  [
    {
      call: 'addEvent',
      method: 'POST',
      path: `${ROOT}/events/java`,
      key: 'write',
      headers: JSON_TYPE,
      body: JSON.stringify(timestamped(1)),
      status: 201,
      answer: CREATED,
    },
    {
      call: 'sendQueuedEvents from a full store',
      method: 'POST',
      path: `${ROOT}/events`,
      key: 'write',
      headers: JSON_TYPE,
      body: JSON.stringify({ 'java clicks': FULL_STORE, 'java views': FULL_STORE }),
      status: 200,
      answer: taken({ 'java clicks': 10_000, 'java views': 10_000 }),
    },
    {
      call: 'countUnique',
      method: 'POST',
      path: `${ROOT}/queries/count_unique`,
      key: 'read',
      headers: JSON_TYPE,
      body: '{"event_collection":"purchases","target_property":"user.id","timeframe":"this_2_days","timezone":"UTC"}',
      status: 200,
      answer: { result: 2 },
    },
    {
      call: 'funnel',
      method: 'POST',
      path: `${ROOT}/queries/funnel`,
      key: 'read',
      headers: JSON_TYPE,
      body: JSON.stringify({
        steps: [
          { event_collection: 'purchases', actor_property: 'user.id' },
          { event_collection: 'purchases', actor_property: 'user.id', filters: OVER_ONE, inverted: true },
        ],
      }),
      status: 200,
      answer: /^\{"result":\[2,1\],"steps":\[\{/,
    },
    {
      call: 'sum with group_by and an interval',
      method: 'POST',
      path: `${ROOT}/queries/sum`,
      key: 'read',
      headers: JSON_TYPE,
      body: '{"event_collection":"purchases","target_property":"price","group_by":["item"],"interval":"daily","timeframe":"previous_1_days"}',
      status: 200,
      answer: {
        result: [
          {
            value: [{ item: 'pen', result: 1 }],
            timeframe: { start: '2024-05-14T00:00:00.000Z', end: '2024-05-15T00:00:00.000Z' },
          },
        ],
      },
    },
  ],
);

/** HttpClient of the .NET Framework announces bodies with `Expect`. Filters are indented JSON. */
const DOT_NET = requestsOf('keen-sdk-net 0.4.2', { 'Keen-Sdk': '.net-0.4.2' }, [
  {
    call: 'AddEvent',
    method: 'POST',
    path: `${ROOT}/events/dotnet`,
    key: 'write',
    headers: { ...JSON_TYPE, Expect: '100-continue' },
    body: '{"a":1,"keen":{"timestamp":"2024-05-15T10:00:00.1234567Z"}}',
    status: 201,
    answer: CREATED,
  },
  {
    call: 'AddEvents',
    method: 'POST',
    path: `${ROOT}/events`,
    key: 'write',
    headers: { ...JSON_TYPE, Expect: '100-continue' },
    body: '{"dotnet":[{"a":2},{"a":3}]}',
    status: 200,
    answer: taken({ dotnet: 2 }),
  },
  { call: 'GetSchemas', method: 'GET', path: `${ROOT}/events`, key: 'read', status: 200, answer: /^\[\{"name":/ },
  {
    call: 'AvailableQueries',
    method: 'GET',
    path: `${ROOT}/queries`,
    key: 'master',
    status: 200,
    answer: new RegExp(`^\\{"count_url":"${URL_ROOT}/queries/count",`),
  },
  {
    call: 'Metric',
    method: 'GET',
    path: `${ROOT}/queries/sum?event_collection=purchases&target_property=price&timeframe=this_2_days&filters=${encodeURIComponent(
      JSON.stringify(OVER_ONE, null, 2).replaceAll('\n', '\r\n'),
    )}`,
    key: 'read',
    status: 200,
    answer: { result: 5 },
  },
  {
    call: 'Extract',
    method: 'GET',
    path: `${ROOT}/queries/extraction?event_collection=purchases&latest=1`,
    key: 'read',
    status: 200,
    answer: /^\{"result":\[\{"item":"ink","price":5,"user":\{"id":"bob"\},"keen":\{[^}]*\}\}\]\}$/,
  },
]);

/** Guzzle builds query strings as PHP does: `filters[0][property_name]`. Queries are POST with JSON. */
const PHP = requestsOf('KeenClient-PHP 2.8.0', { 'Keen-Sdk': 'php-2.8.0', 'User-Agent': 'GuzzleHttp/7' }, [
  {
    call: 'addEvent',
    method: 'POST',
    path: `${ROOT}/events/php`,
    key: 'write',
    headers: JSON_TYPE,
    body: '{"a":1}',
    status: 201,
    answer: CREATED,
  },
  {
    call: 'addEvents',
    method: 'POST',
    path: `${ROOT}/events`,
    key: 'write',
    headers: JSON_TYPE,
    body: '{"php":[{"a":2},{"a":3}]}',
    status: 200,
    answer: taken({ php: 2 }),
  },
  {
    call: 'count',
    method: 'POST',
    path: `${ROOT}/queries/count`,
    key: 'read',
    headers: JSON_TYPE,
    body: `{"event_collection":"purchases","filters":${JSON.stringify(OVER_ONE)}}`,
    status: 200,
    answer: { result: 1 },
  },
  {
    call: 'count with include_metadata',
    method: 'POST',
    path: `${ROOT}/queries/count`,
    key: 'read',
    headers: JSON_TYPE,
    body: '{"event_collection":"purchases","include_metadata":true}',
    status: 400,
    answer: /"include_metadata/,
  },
  {
    call: 'createProject, for an organization',
    method: 'POST',
    path: '/organizations/4f5775ad163d666a6100000e/projects',
    key: 'master',
    headers: JSON_TYPE,
    body: '{"name":"a project"}',
    status: 404,
    answer: /"error_code":"ResourceNotFoundError"/,
  },
  {
    call: 'count with a Scoped Key',
    method: 'POST',
    path: `${ROOT}/queries/count`,
    headers: { ...JSON_TYPE, Authorization: '0F1E2D3C4B5A69788796A5B4C3D2E1F0'.repeat(6) },
    body: '{"event_collection":"purchases"}',
    status: 401,
    answer: /"error_code":"InvalidApiKeyError"/,
  },
  {
    call: 'getResources',
    method: 'GET',
    path: '/',
    key: 'master',
    status: 200,
    answer: { projects_resource_url: '/3.0/projects' },
  },
  { call: 'getProjects', method: 'GET', path: '/projects', key: 'master', status: 200, answer: /^\[\{"id":"\w{24}",/ },
  { call: 'getProject', method: 'GET', path: ROOT, key: 'master', status: 200, answer: /^\{"id":"\w{24}",/ },
  {
    call: 'getProperty',
    method: 'GET',
    path: `${ROOT}/events/purchases/properties/price`,
    key: 'master',
    status: 200,
    answer: { property_name: 'price', type: 'num', url: `${URL_ROOT}/events/purchases/properties/price` },
  },
  {
    call: 'deleteEvents with a filter, which must not delete all',
    method: 'DELETE',
    path: `${ROOT}/events/php?${query({ 'filters[0][property_name]': 'a', 'filters[0][operator]': 'eq', 'filters[0][property_value]': '2' })}`,
    key: 'master',
    status: 400,
    answer: /InvalidParameterError/,
  },
  {
    call: 'deleteEventProperties',
    method: 'DELETE',
    path: `${ROOT}/events/php/properties/a`,
    key: 'master',
    status: 204,
    answer: /^$/,
  },
]);

const PERL = requestsOf(
  'WWW::KeenIO 0.01',
  { ...JSON_TYPE, TE: 'deflate,gzip;q=0.3', 'User-Agent': 'REST::Client/273' },
  [
    {
      call: 'put',
      method: 'POST',
      path: `${ROOT}/events/perl?api_key=WRITE`,
      body: '{"a":1,"keen":{"timestamp":"2024-05-15T10:00:00Z"}}',
      status: 201,
      answer: CREATED,
    },
  ],
);

const GO = requestsOf('go-keen', { 'User-Agent': 'Go-http-client/1.1', 'Accept-Encoding': 'gzip' }, [
  {
    call: 'AddEvent',
    method: 'POST',
    path: `${ROOT}/events/go`,
    key: 'write',
    headers: JSON_TYPE,
    body: '{"UserId":102,"Amount":39,"Type":"ball","Tags":["red","bouncy"]}',
    status: 201,
    answer: CREATED,
  },
  {
    call: 'AddEvents',
    method: 'POST',
    path: `${ROOT}/events`,
    key: 'write',
    headers: JSON_TYPE,
    body: '{"go":[{"UserId":102,"Tags":null}]}',
    status: 200,
    answer: taken({ go: 1 }),
  },
]);

const NODE = [
  ...requestsOf(
    'keen.io 0.1.5',
    { 'Accept-Encoding': 'gzip, deflate', 'User-Agent': 'node-superagent/0.21.0', Connection: 'close' },
    [
      {
        call: 'addEvents',
        method: 'POST',
        path: `${ROOT}/events`,
        key: 'write',
        headers: JSON_TYPE,
        body: '{"node":[{"a":1},{"a":2}]}',
        status: 200,
        answer: taken({ node: 2 }),
      },
      {
        call: 'projects.list',
        method: 'GET',
        path: '/projects',
        key: 'master',
        status: 200,
        answer: /^\[\{"id":"\w{24}",/,
      },
      {
        call: 'projects.view',
        method: 'GET',
        path: ROOT,
        key: 'master',
        status: 200,
        answer: /^\{"id":"\w{24}",/,
      },
      {
        call: 'properties.view',
        method: 'GET',
        path: `${ROOT}/events/purchases/properties/user.id`,
        key: 'master',
        status: 200,
        answer: { property_name: 'user.id', type: 'string', url: `${URL_ROOT}/events/purchases/properties/user.id` },
      },
      {
        call: 'run',
        method: 'GET',
        path: `${ROOT}/queries/count?event_collection=purchases&timeframe=this_7_days`,
        key: 'read',
        status: 200,
        answer: { result: 2 },
      },
      {
        call: 'collections.remove',
        method: 'DELETE',
        path: `${ROOT}/events/node`,
        key: 'master',
        headers: { 'Content-Length': '0' },
        status: 204,
        answer: /^$/,
      },
    ],
  ),
  ...requestsOf('keen-query 3.2.7', { Accept: '*/*', 'User-Agent': 'node', 'Accept-Encoding': 'gzip, deflate' }, [
    {
      call: 'purchases->count()->filter(price>1)->group(user.id)',
      method: 'GET',
      path: `${ROOT}/queries/count?api_key=READ&event_collection=purchases&timeframe=this_14_days&group_by=user.id&filters=${encodeURIComponent(JSON.stringify(OVER_ONE))}`,
      status: 200,
      answer: { result: [{ 'user.id': 'bob', result: 1 }] },
    },
  ]),
];

/** Browsers send a script's request without an Authorization header. */
const JAVASCRIPT = requestsOf(
  'keen-js 3',
  { 'User-Agent': 'Mozilla/5.0', Accept: '*/*', Referer: 'https://shop.example/' },
  [
    {
      call: 'addEvent by JSONP',
      method: 'GET',
      path: `${ROOT}/events/js?api_key=WRITE&data=${encodeURIComponent(base64({ a: 1 }))}&modified=1716200000000&jsonp=keenJSONPCallback1716200000000`,
      status: 200,
      answer: /^keenJSONPCallback1716200000000\(\{"created":true\}\)$/,
    },
    {
      call: 'addEvent by image',
      method: 'GET',
      path: `${ROOT}/events/js?api_key=WRITE&data=${encodeURIComponent(base64({ a: 2 }))}&modified=1716200000000`,
      status: 200,
      answer: /^GIF89a/,
    },
    {
      call: 'run with last_7_days',
      method: 'POST',
      path: `${ROOT}/queries/count`,
      key: 'read',
      headers: JSON_TYPE,
      body: '{"event_collection":"purchases","timeframe":"last_7_days"}',
      status: 200,
      answer: { result: 1 },
    },
    {
      call: 'run with an or filter',
      method: 'POST',
      path: `${ROOT}/queries/count`,
      key: 'read',
      headers: JSON_TYPE,
      body: JSON.stringify({
        event_collection: 'purchases',
        filters: [
          {
            operator: 'or',
            operands: [...OVER_ONE, { property_name: 'item', operator: 'eq', property_value: 'pen' }],
          },
        ],
      }),
      status: 200,
      answer: { result: 2 },
    },
    {
      call: 'HEAD of a query',
      method: 'HEAD',
      path: `${ROOT}/queries/count?event_collection=purchases`,
      key: 'read',
      status: 200,
      answer: /^$/,
    },
  ],
);

export const CLIENT_REQUESTS = [
  ...PYTHON,
  ...RUBY,
  ...JAVA,
  ...DOT_NET,
  ...PHP,
  ...PERL,
  ...GO,
  ...NODE,
  ...JAVASCRIPT,
];
