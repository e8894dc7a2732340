import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arriving } from '../testing/arrival.ts';
import { type Locate, MAX_ADDON_UNITS, RUN_UNITS } from './addons/addon.ts';
import type { Arrival } from './arrival.ts';
import { prepare } from './prepare.ts';

const NOW = Date.parse('2024-05-15T13:45:30.500Z');
const CURL = { ...arriving(NOW), ip: '81.2.69.142', userAgent: 'curl/8.0' };
const locating = (locate: Locate | undefined) => ({ addonRuns: arriving(NOW, locate).addonRuns });

type Stored = Record<string, any> & { keen: Record<string, unknown> };

function stored(event: object, arrival: Arrival = CURL): Stored {
  const outcome = prepare('things', event, arrival);
  if ('problem' in outcome) throw new Error(outcome.problem.description);
  assert.deepEqual(outcome.event.properties, JSON.parse(outcome.event.json));
  assert.deepEqual(outcome.addonErrors ?? [], (outcome.event.properties as Stored).keen.addon_errors ?? []);
  const { keen, ...own } = JSON.parse(outcome.event.json) as Stored;
  const { timestamp: _, created_at: __, id: ___, ...rest } = keen;
  return { ...own, keen: rest };
}

const addon = (name: string, input: object, output: string) => ({ name: `keen:${name}`, input, output });

test('placeholders are filled in all strings', () => {
  const event = {
    ip: '${keen.ip}',
    deep: { list: ['${keen.user_agent}', 1, 'x'], text: 'from ${keen.ip} with ${keen.user_agent}, ${keen.ip}' },
    other: '${keen.id} ${ip}',
  };
  assert.deepEqual(stored(event), {
    ip: '81.2.69.142',
    deep: { list: ['curl/8.0', 1, 'x'], text: 'from 81.2.69.142 with curl/8.0, 81.2.69.142' },
    other: '${keen.id} ${ip}',
    keen: {},
  });
  assert.equal(event.ip, '${keen.ip}', 'the original event does not change');
});

test('a user agent is inserted literally, whatever it holds', () => {
  for (const userAgent of ['${keen.ip}', '$&$1', '"}\\', ''])
    assert.equal(stored({ a: '<${keen.user_agent}>' }, { ...CURL, userAgent }).a, `<${userAgent}>`);
});

test('an event whose filled placeholders exceed a limit is rejected', () => {
  const problem = (event: object, userAgent: string) => {
    const outcome = prepare('things', event, { ...CURL, userAgent });
    return 'problem' in outcome ? outcome.problem.name : undefined;
  };
  const text = '${keen.user_agent}';
  assert.equal(problem({ a: text }, 'x'.repeat(9_999)), undefined);
  assert.equal(problem({ a: text }, 'x'.repeat(10_000)), 'InvalidPropertyValueError');
  assert.equal(problem({ a: Array(900).fill(text) }, 'x'.repeat(1_000)), undefined);
  assert.equal(problem({ a: Array(901).fill(text) }, 'x'.repeat(1_000)), 'InvalidEventError');
});

test('enriching must not make the events of one request too large', () => {
  const arrival = { ...CURL, userAgent: 'x'.repeat(1_000), growthLeft: 25_000 };
  const record = () => prepare('things', { a: '${keen.user_agent}' }, arrival);
  for (let n = 0; n < 25; n++) record();
  assert.throws(record, { code: 'RequestEntityTooLargeError' });
});

test('add-ons see filled placeholders, the time of the event, and the outputs of those before them', () => {
  const event = stored(
    {
      ua: '${keen.user_agent}',
      page: 'https://shop.example/?back=https%3A%2F%2Fother.example%2Fx',
      keen: {
        addons: [
          addon('ua_parser', { ua_string: 'ua' }, 'tech'),
          addon('date_time_parser', { date_time: 'keen.timestamp' }, 'time.utc'),
          addon('url_parser', { url: 'page' }, 'parts'),
          addon('url_parser', { url: 'parts.query_string.back' }, 'parts.back'),
        ],
      },
    },
    { ...CURL, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  );
  assert.equal(event.tech.browser.family, 'Firefox');
  assert.deepEqual([event.time.utc.hour, event.time.utc.millisecond], [13, 500]);
  assert.equal(event.parts.back.domain, 'other.example');
  assert.deepEqual(event.keen, {});
});

test('an output is merged into an existing object, but does not replace other values', () => {
  const url = addon('url_parser', { url: 'url' }, 'page.info');
  const at = (page: unknown) => stored({ url: 'https://a.example/', page, keen: { addons: [url] } });
  const info = { protocol: 'https', domain: 'a.example', path: '/' };
  assert.deepEqual(at({ title: 't', info: { mine: 1, path: 'old' } }).page, { title: 't', info: { mine: 1, ...info } });
  assert.deepEqual(at(null).page, { info });
  for (const page of ['text', 5, ['x'], { info: 'text' }]) {
    const event = at(page);
    assert.deepEqual(event.page, page);
    assert.deepEqual(event.keen.addon_errors, [
      'keen:url_parser: its output "page.info" is taken by a property that is no object',
    ]);
  }
  const odd = stored({
    url: 'https://a.example/',
    keen: { addons: [addon('url_parser', { url: 'url' }, '__proto__.x')] },
  });
  assert.deepEqual(
    Object.entries(odd).find(([name]) => name === '__proto__'),
    ['__proto__', { x: info }],
  );
});

test('an event is stored even if its add-ons fail, with their errors in keen.addon_errors', () => {
  const event = stored({
    a: 'no url',
    n: 5,
    empty: '',
    nothing: null,
    keen: {
      addons: [
        addon('url_parser', { url: 'a' }, 'o1'),
        addon('url_parser', { url: 'n' }, 'o2'),
        addon('url_parser', { url: 'x.y' }, 'o3'),
        addon('url_parser', { url: 'nothing' }, 'o4'),
        addon('url_parser', { url: 'empty' }, 'o5'),
        addon('url_parser', { url: 'a.length' }, 'o6'),
        addon('url_parser', { url: 'constructor' }, 'o7'),
        addon('ip_to_geo', { ip: 'a' }, 'o8'),
        addon('date_time_parser', { date_time: 'keen.timestamp' }, 'time'),
      ],
      addon_errors: ['of an earlier recording'],
    },
  });
  assert.deepEqual(Object.keys(event), ['a', 'n', 'empty', 'nothing', 'time', 'keen']);
  assert.deepEqual(event.keen.addon_errors, [
    'keen:url_parser: its input is not a whole URL',
    'keen:url_parser: its input is not a string',
    'keen:url_parser: the event has no property "x.y"',
    'keen:url_parser: the event has no property "nothing"',
    'keen:url_parser: the event has no property "a.length"',
    'keen:url_parser: the event has no property "constructor"',
    'keen:ip_to_geo: this collector has no GeoIP database',
  ]);
});

test('errors of an earlier recording are removed', () => {
  assert.deepEqual(stored({ a: 1, keen: { addon_errors: ['old'] } }).keen, {});
});

test('the remove flag removes an address, whether or not its place is known', () => {
  const geo = (remove: boolean, output = 'geo') =>
    addon('ip_to_geo', { ip: 'visitor.ip', remove_ip_property: remove }, output);
  const record = (addons: object[], locate: Locate | undefined) =>
    stored({ visitor: { ip: '${keen.ip}', name: 'n' }, keen: { addons } }, { ...CURL, ...locating(locate) });
  const locate = (ip: string) => (ip === '81.2.69.142' ? { city: 'London' } : undefined);
  assert.deepEqual(record([geo(false)], locate), {
    visitor: { ip: '81.2.69.142', name: 'n' },
    geo: { city: 'London' },
    keen: {},
  });
  assert.deepEqual(record([geo(true), geo(true, 'again')], locate), {
    visitor: { name: 'n' },
    geo: { city: 'London' },
    again: { city: 'London' },
    keen: {},
  });
  assert.deepEqual(record([geo(true)], undefined).visitor, { name: 'n' });
  assert.deepEqual(record([geo(true)], () => undefined).visitor, { name: 'n' });
});

test('a failing GeoIP database costs the place but not the event', (t) => {
  const logged: unknown[] = [];
  t.mock.method(console, 'error', (line: unknown) => logged.push(line));
  const event = stored(
    { ip: '${keen.ip}', keen: { addons: [addon('ip_to_geo', { ip: 'ip' }, 'geo')] } },
    {
      ...CURL,
      ...locating(() => {
        throw new Error('Unknown type');
      }),
    },
  );
  assert.deepEqual(event.keen.addon_errors, ['keen:ip_to_geo: it failed']);
  assert.match(String(logged), /Unknown type/);
});

test('strings in an output are truncated to the limit of a property', () => {
  const long = stored({
    url: `https://a.example/${'ü'.repeat(9_000)}`,
    keen: { addons: [addon('url_parser', { url: 'url' }, Array(20).fill('o').join('.'))] },
  });
  const deepest = Array(20)
    .fill('o')
    .reduce((object: Stored, name: string) => object[name], long) as { path: string };
  assert.equal(deepest.path.length, 9_999);
});

test('an output that would break a rule is dropped, but the event is stored and remove flags apply', () => {
  const url = `https://a.example/?${Array.from({ length: 1_200 }, (_, n) => `p${n}=1`).join('&')}`;
  const addons = [
    addon('url_parser', { url: 'url' }, 'parts'),
    addon('ip_to_geo', { ip: 'ip', remove_ip_property: true }, 'geo'),
  ];
  const event = stored(
    { url, ip: '${keen.ip}', keen: { addons } },
    { ...CURL, ...locating(() => ({ city: 'London' })) },
  );
  assert.deepEqual(Object.keys(event), ['url', 'keen']);
  const rule = 'with what the add-ons make, the event breaks a rule. An event has at most 1000 properties.';
  assert.deepEqual(event.keen.addon_errors, [`keen:url_parser: ${rule}`, `keen:ip_to_geo: ${rule}`]);
});

test('an event with nothing but keen can have add-ons', () => {
  const at = (input: string) =>
    stored({ keen: { timestamp: '2024-05-15', addons: [addon('date_time_parser', { date_time: input }, 'time')] } });
  assert.equal(at('keen.timestamp').time.day_of_month, 15);
  assert.deepEqual(Object.keys(at('nothing')), ['keen']);
});

test('an event near the limit of properties can have add-ons', () => {
  const full = Object.fromEntries(Array.from({ length: 990 }, (_, n) => [`p${n}`, 1]));
  const parser = addon('url_parser', { url: 'url' }, 'parts');
  assert.equal(stored({ ...full, url: 'https://a.example/', keen: { addons: [parser] } }).parts.path, '/');
  assert.deepEqual(
    stored({ ip: '${keen.ip}', keen: { addons: [addon('ip_to_geo', { ip: 'ip', remove_ip_property: true }, 'geo')] } })
      .keen.addon_errors,
    ['keen:ip_to_geo: this collector has no GeoIP database'],
  );
});

test('equal inputs are computed once for a request, and other inputs or add-ons on their own', () => {
  const asked: string[] = [];
  const locate = (ip: string) => {
    asked.push(ip);
    return { city: `of ${ip}` };
  };
  const arrival = { ...CURL, ...locating(locate) };
  const geo = (ip: string) => ({ ip, keen: { addons: [addon('ip_to_geo', { ip: 'ip' }, 'geo')] } });
  const cities = ['192.0.2.1', '192.0.2.2', '192.0.2.1'].map((ip) => stored(geo(ip), arrival).geo.city);
  assert.deepEqual(cities, ['of 192.0.2.1', 'of 192.0.2.2', 'of 192.0.2.1']);
  assert.deepEqual(asked, ['192.0.2.1', '192.0.2.2']);
  const [first, second] = ['url_parser', 'date_time_parser'].map((name) =>
    stored({ a: 'https://a.example/', keen: { addons: [addon(name, { url: 'a', date_time: 'a' }, 'o')] } }, arrival),
  );
  assert.equal(first!.o.path, '/');
  assert.deepEqual(second!.keen.addon_errors, ['keen:date_time_parser: its input is not an ISO 8601 date and time']);
});

test('the add-ons of one request have a limit of runs and characters, at which the request is too large', () => {
  const url = `https://a.example/?${'x'.repeat(9_000)}`;
  const full = (n: number) => ({
    url: `${url}${n}`,
    keen: { addons: Array.from({ length: 20 }, () => addon('url_parser', { url: 'url' }, 'parts')) },
  });
  const fitting = Math.floor(MAX_ADDON_UNITS / (20 * (url.length + 2 + RUN_UNITS)));
  assert.ok(fitting >= 10, 'one event alone is never too large');
  const arrival = { ...CURL, ...locating(undefined) };
  for (let n = 0; n < fitting; n++) stored(full(n), arrival);
  assert.throws(() => [full(98), full(99)].map((event) => stored(event, arrival)), {
    code: 'RequestEntityTooLargeError',
    message: /add-ons of one request/,
  });
});
