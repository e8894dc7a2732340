// More requests of Keen's clients: the rarer parameters and routes, and what the collector does not have.
import { ANALYSES } from '../queries/parse-analysis.ts';
import {
  base64,
  type ClientRequest,
  CREATED,
  JSON_TYPE,
  OVER_ONE,
  query,
  ROOT,
  requestsOf,
  URL_ROOT,
} from './keen-clients.ts';

const BAD_PARAMETER = /^\{"message":".+","error_code":"InvalidParameterError"\}$/;
const count = (parameters: object) => JSON.stringify({ event_collection: 'purchases', ...parameters });
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const PROJECT_SHAPE = [
  `"id":"\\w{24}","name":"\\w{24}","url":"${URL_ROOT}"`,
  `"events":\\[(\\{"name":"[^"]+","url":"${URL_ROOT}/events/[^"]+"\\},?)+\\]`,
  `"events_url":"${URL_ROOT}/events","queries_url":"${URL_ROOT}/queries","saved_queries":\\[\\]`,
].join(',');
const QUERY_TYPES = [...ANALYSES, 'multi_analysis', 'funnel', 'extraction'];

const DISCOVERY = requestsOf('KeenClient-PHP 2.8.0', { 'Keen-Sdk': 'php-2.8.0' }, [
  {
    call: 'getResources, without a slash',
    method: 'GET',
    path: '',
    key: 'master',
    status: 200,
    answer: { projects_resource_url: '/3.0/projects' },
  },
  {
    call: 'getProjects, in full',
    method: 'GET',
    path: '/projects',
    key: 'master',
    status: 200,
    answer: new RegExp(`^\\[\\{${PROJECT_SHAPE}\\}\\]$`),
  },
  {
    call: 'getProject, in full',
    method: 'GET',
    path: ROOT,
    key: 'master',
    status: 200,
    answer: new RegExp(`^\\{${PROJECT_SHAPE}\\}$`),
  },
  {
    call: 'queries of a project',
    method: 'GET',
    path: `${ROOT}/queries`,
    key: 'master',
    status: 200,
    answer: Object.fromEntries(QUERY_TYPES.map((type) => [`${type}_url`, `${URL_ROOT}/queries/${type}`])),
  },
  ...['', '/projects', ROOT].map((path) => ({
    call: `discovery of ${path || '/'} with a Read key`,
    method: 'GET' as const,
    path,
    key: 'read' as const,
    status: 403,
    answer: /"error_code":"AdminOnlyEndpointError"/,
  })),
  {
    call: 'getProject of another project',
    method: 'GET',
    path: '/projects/4f5775ad163d666a6100000e',
    key: 'master',
    status: 404,
    answer: /"error_code":"ResourceNotFoundError"/,
  },
]);

/** The PHP client sends only keys of letters and digits. */
const PLAIN_KEYS = requestsOf('KeenClient-PHP 2.8.0', { 'Keen-Sdk': 'php-2.8.0', ...JSON_TYPE }, [
  {
    call: 'addEvent with an Access Key',
    method: 'POST',
    path: `${ROOT}/events/access`,
    key: 'access',
    body: '{"a":1}',
    status: 201,
    answer: CREATED,
  },
  {
    call: 'count with an Access Key that only writes',
    method: 'POST',
    path: `${ROOT}/queries/count`,
    key: 'access',
    body: count({}),
    status: 401,
    answer: /not permitted.*"error_code":"InvalidApiKeyError"/,
  },
]);

const script = (name: string) =>
  `${ROOT}/events/scripts?api_key=WRITE&data=${encodeURIComponent(base64({ name }))}&modified=1&jsonp=${encodeURIComponent(name)}`;

/** The client takes a longer name if two requests have the same time. */
const CALLBACKS = requestsOf('keen-js 3', { Accept: '*/*', 'User-Agent': 'Mozilla/5.0' }, [
  ...['keenJSONPCallback1716200000000a', 'keenJSONPCallback1716200000000aa', '$', '_cb', 'x'.repeat(64)].map(
    (name) => ({
      call: `addEvent by JSONP, as ${name}`,
      method: 'GET' as const,
      path: script(name),
      status: 200,
      answer: new RegExp(`^${name.replace('$', '\\$')}\\(\\{"created":true\\}\\)$`),
    }),
  ),
  ...['', 'alert(1)', 'a.b', 'a[0]', 'a;b', '1a', 'a b', '<a>', 'é', "a'", 'x'.repeat(65)].map((name) => ({
    call: `addEvent by JSONP, as ${name}, which is no name`,
    method: 'GET' as const,
    path: script(name),
    status: 400,
    answer: BAD_PARAMETER,
  })),
  {
    call: 'get of a query by JSONP',
    method: 'GET',
    path: `${ROOT}/queries/count?${query({ event_collection: 'purchases', api_key: 'READ', jsonp: 'cb' })}`,
    status: 400,
    answer: /"\\"jsonp\\".*InvalidParameterError/,
  },
  {
    call: 'savedQueries.destroy, with an empty body as JSON',
    method: 'DELETE',
    path: `${ROOT}/queries/saved/a`,
    key: 'master',
    headers: { ...JSON_TYPE, 'Content-Length': '0' },
    status: 404,
    answer: /"error_code":"ResourceNotFoundError"/,
  },
]);

const parametersOf = (type: string): Record<string, string> => {
  if (type === 'multi_analysis')
    return { event_collection: 'purchases', analyses: '{"all":{"analysis_type":"count"}}' };
  if (type === 'funnel')
    return { steps: JSON.stringify([{ event_collection: 'purchases', actor_property: 'user.id' }]) };
  const own = ANALYSES.includes(type as never) && type !== 'count' ? { target_property: 'price' } : {};
  return { event_collection: 'purchases', ...own, ...(type === 'percentile' ? { percentile: '50' } : {}) };
};

const HEADS = requestsOf('HTTP clients that probe', { Accept: '*/*' }, [
  ...QUERY_TYPES.map((type) => ({
    call: `HEAD of ${type}`,
    method: 'HEAD' as const,
    path: `${ROOT}/queries/${type}?${query(parametersOf(type))}`,
    key: 'read' as const,
    status: 200,
    answer: /^$/,
  })),
  {
    call: 'HEAD of a query with a mistake',
    method: 'HEAD',
    path: `${ROOT}/queries/count`,
    key: 'read',
    status: 400,
    answer: /^$/,
  },
  {
    call: 'HEAD of a query with a Write key',
    method: 'HEAD',
    path: `${ROOT}/queries/count?event_collection=purchases`,
    key: 'write',
    status: 401,
    answer: /^$/,
  },
]);

const posted = (call: string, type: string, body: string, status: number, answer: unknown) => ({
  call,
  method: 'POST' as const,
  path: `${ROOT}/queries/${type}`,
  key: 'read' as const,
  body,
  status,
  answer,
});
const isPen = { property_name: 'item', operator: 'eq', property_value: 'pen' };
const either = (...operands: object[]) => ({ operator: 'or', operands });

const PARAMETERS = requestsOf('keen-analysis and others', JSON_TYPE, [
  {
    call: 'count with include_metadata, by GET',
    method: 'GET',
    path: `${ROOT}/queries/count?event_collection=purchases&include_metadata=true`,
    key: 'read',
    status: 400,
    answer: /include_metadata.*InvalidParameterError/,
  },
  posted('extraction with include_metadata', 'extraction', count({ include_metadata: true }), 400, BAD_PARAMETER),
  posted('count without metadata', 'count', count({ include_metadata: false }), 200, { result: 2 }),
  posted(
    'count with buckets',
    'count',
    count({ group_by: { property_name: 'price', buckets: { size: 10 } } }),
    400,
    BAD_PARAMETER,
  ),
  posted(
    'count with ranges',
    'count',
    count({ group_by: [{ property_name: 'price', ranges: [{ from: 0, to: 3 }] }] }),
    400,
    BAD_PARAMETER,
  ),
  posted('extraction with an email', 'extraction', count({ email: 'a@example.com' }), 400, /"email\\" cannot be used/),
  posted(
    'count with nested or filters',
    'count',
    count({ filters: [either(either(isPen), ...OVER_ONE), either(isPen)] }),
    200,
    { result: 1 },
  ),
  // It is Wednesday noon, and both events are of this week.
  ...Object.entries({
    last_week: 0,
    last_1_days: 1,
    last_24_hours: 1,
    last_36_hours: 2,
    last_day: 1,
    last_month: 0,
    last_2_weeks: 0,
    last_1_years: 0,
    last_3000_minutes: 2,
  }).map(([timeframe, result]) =>
    posted(`count with ${timeframe}`, 'count', count({ timeframe, timezone: 'UTC' }), 200, { result }),
  ),
]);

const DEEP = requestsOf('keen.io 0.1.5', JSON_TYPE, [
  {
    call: 'addEvent with 100 levels',
    method: 'POST',
    path: `${ROOT}/events/deep`,
    key: 'write',
    body: nested(100),
    status: 201,
    answer: CREATED,
  },
  ...[101, 1_000, 20_000].map((levels) => ({
    call: `addEvent with ${levels} levels`,
    method: 'POST' as const,
    path: `${ROOT}/events/deep`,
    key: 'write' as const,
    body: nested(levels),
    status: 400,
    answer: /"error_code":"\w+"/,
  })),
  {
    call: 'addEvents, one of them with 101 levels',
    method: 'POST',
    path: `${ROOT}/events`,
    key: 'write',
    body: `{"deep":[{"a":1},${nested(101)},{"a":2}]}`,
    status: 200,
    answer: /^\{"deep":\[\{"success":true\},\{"success":false,"error":\{"name":"\w+",.*\},\{"success":true\}\]\}$/,
  },
]);

export const EDGE_REQUESTS: ClientRequest[] = [
  ...DISCOVERY,
  ...PLAIN_KEYS,
  ...CALLBACKS,
  ...HEADS,
  ...PARAMETERS,
  ...DEEP,
];
