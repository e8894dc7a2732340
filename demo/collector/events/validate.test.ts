import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectionProblem, eventProblem } from './validate.ts';

const wide = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n % 2 ? n : {}]));
const nested = (depth: number): object => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

test('collection names are validated', () => {
  for (const name of ['purchases', 'a', 'x'.repeat(64), 'user.sign-ups', 'with space', '9', 'a_b'])
    assert.equal(collectionProblem(name), undefined, name);
  for (const name of ['', ' ', 'x'.repeat(65), '_a', '__proto__', 'a$b', '$a', '.a', 'a.', 'ümlaut', 'a\nb', 'a\0b']) {
    assert.equal(collectionProblem(name)?.name, 'InvalidCollectionNameError', JSON.stringify(name));
  }
});

test('valid events pass', () => {
  const events = [
    { a: 1 },
    { a: null },
    { a: '' },
    { a: [1, 'x', null, true] },
    { a: [] },
    { a: {} },
    { a: 'x'.repeat(9_999) },
    { a: '😀'.repeat(9_999) },
    { a: 2 ** 63 },
    { a: -(2 ** 63) },
    { ['n'.repeat(255)]: 1 },
    { a$: 1 },
    nested(100),
    wide(1_000),
    { a: wide(499), b: wide(499) },
    JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}'),
    { a: 1, keen: {} },
    { keen: { timestamp: '2024-01-01T00:00:00Z' } },
    { a: 1, keen: { uniqueness_token: 't'.repeat(64) } },
    { a: 1, keen: { location: { coordinates: [-180, 90] } } },
    { a: 1, keen: { addons: [{ name: 'keen:url_parser', input: { url: 'b.c', more: 1 }, output: 'd.e' }] } },
    { a: 1, keen: { addons: [] } },
    { a: 1, keen: { addons: null } },
    {
      a: 1,
      keen: { addons: [{ name: 'keen:ip_to_geo', input: { ip: 'a', remove_ip_property: false }, output: 'keenly' }] },
    },
    { a: 1, keen: { addon_errors: ['of an extraction'] } },
    { a: 1, keen: { id: 'x', created_at: '2024-01-01' } },
    { a: 1, keen: { timestamp: null, uniqueness_token: null } },
  ];
  for (const event of events) assert.equal(eventProblem(event), undefined, JSON.stringify(event).slice(0, 80));
});

test('each broken rule has its error name', () => {
  const table: [unknown, string][] = [
    [null, 'InvalidEventError'],
    [[], 'InvalidEventError'],
    ['x', 'InvalidEventError'],
    [7, 'InvalidEventError'],
    [{}, 'InvalidEventError'],
    [wide(1_001), 'InvalidEventError'],
    [{ a: wide(499), b: wide(500) }, 'InvalidEventError'],
    [{ $a: 1 }, 'InvalidPropertyNameError'],
    [{ 'a.b': 1 }, 'InvalidPropertyNameError'],
    [{ '': 1 }, 'InvalidPropertyNameError'],
    [{ ' \t': 1 }, 'InvalidPropertyNameError'],
    [{ ['n'.repeat(256)]: 1 }, 'InvalidPropertyNameError'],
    [{ a: { b: { $c: 1 } } }, 'InvalidPropertyNameError'],
    [JSON.parse('{"__proto__": {"$a": 1}}'), 'InvalidPropertyNameError'],
    [{ keen: { location: { $a: 1 } } }, 'InvalidPropertyNameError'],
    [{ a: 'x'.repeat(10_000) }, 'InvalidPropertyValueError'],
    [{ a: ['x'.repeat(10_000)] }, 'InvalidPropertyValueError'],
    [{ a: 1e19 }, 'InvalidPropertyValueError'],
    [{ a: -1e19 }, 'InvalidPropertyValueError'],
    [JSON.parse('{"a": 1e999}'), 'InvalidPropertyValueError'],
    [{ a: [1e19] }, 'InvalidPropertyValueError'],
    [nested(101), 'InvalidPropertyValueError'],
    [{ a: [{}] }, 'ListsOfNonPrimitivesNotAllowedError'],
    [{ a: [[1]] }, 'ListsOfNonPrimitivesNotAllowedError'],
    [{ a: { b: [1, {}] } }, 'ListsOfNonPrimitivesNotAllowedError'],
    [{ a: 1, keen: 1 }, 'NamespaceTypeError'],
    [{ a: 1, keen: [] }, 'NamespaceTypeError'],
    [{ a: 1, keen: null }, 'NamespaceTypeError'],
    [{ a: 1, keen: { other: 1 } }, 'InvalidKeenNamespaceProperty'],
    [{ a: 1, keen: { timestamp: 'yesterday' } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { timestamp: 1718000000 } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { uniqueness_token: 't'.repeat(65) } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { uniqueness_token: '' } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { uniqueness_token: 7 } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { location: { coordinates: [181, 0] } } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { location: { coordinates: ['1', 2] } } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { location: 'here' } }, 'InvalidPropertyValueError'],
    [{ addons: [{}] }, 'ListsOfNonPrimitivesNotAllowedError'],
    [{ a: { keen: { addons: [{}] } } }, 'ListsOfNonPrimitivesNotAllowedError'],
    [{ a: 1, keen: { addons: {} } }, 'InvalidPropertyValueError'],
    [{ a: 1, keen: { addons: [1] } }, 'InvalidPropertyValueError'],
  ];
  for (const [event, name] of table) assert.equal(eventProblem(event)?.name, name, JSON.stringify(event)?.slice(0, 80));
});

test('invalid add-ons reject the event', () => {
  const url = { name: 'keen:url_parser', input: { url: 'a' }, output: 'b' };
  const table: [unknown, RegExp][] = [
    [{ ...url, name: 'keen:nothing' }, /"name": keen:ip_to_geo, /],
    [{ ...url, name: undefined }, /"name"/],
    [{ ...url, name: ['keen:url_parser'] }, /"name"/],
    [{ ...url, input: undefined }, /"input" of keen:url_parser/],
    [{ ...url, input: 'a' }, /"input"/],
    [{ ...url, input: {} }, /"url" name a property/],
    [{ ...url, input: { url: '' } }, /"url"/],
    [{ ...url, input: { url: 'a..b' } }, /"url"/],
    [{ ...url, input: { url: 5 } }, /"url"/],
    [{ ...url, output: undefined }, /"output"/],
    [{ ...url, output: '' }, /"output"/],
    [{ ...url, output: '$b' }, /"output"/],
    [{ ...url, output: 'b.' }, /"output"/],
    [{ ...url, output: 'keen' }, /"keen"/],
    [{ ...url, output: 'keen.location' }, /"keen"/],
    [{ ...url, output: Array(21).fill('b').join('.') }, /"output"/],
    [{ name: 'keen:referrer_parser', input: { referrer_url: 'a' }, output: 'b' }, /"referrer_url" and "page_url"/],
    [{ name: 'keen:ip_to_geo', input: { ip: 'a', remove_ip_property: 'yes' }, output: 'b' }, /"remove_ip_property"/],
  ];
  for (const [addon, message] of table) {
    const found = eventProblem({ a: 'x', keen: { addons: [url, addon] } });
    assert.equal(found?.name, 'InvalidPropertyValueError', JSON.stringify(addon));
    assert.match(found.description, message);
  }
  assert.equal(eventProblem({ a: 'x', keen: { addons: Array(20).fill(url) } }), undefined);
  assert.match(eventProblem({ a: 'x', keen: { addons: Array(21).fill(url) } })!.description, /at most 20/);
});

test('extreme nesting is rejected without a stack overflow', () => {
  assert.equal(eventProblem(nested(100_000))?.name, 'InvalidPropertyValueError');
  assert.equal(
    eventProblem({ a: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) })?.name,
    'ListsOfNonPrimitivesNotAllowedError',
  );
});

test('a description never repeats a value', () => {
  const secret = 'do-not-tell';
  for (const event of [
    { a: secret + 'x'.repeat(10_000) },
    { keen: { timestamp: secret } },
    { a: [[secret]] },
    { keen: { [secret]: secret } },
  ]) {
    assert.doesNotMatch(eventProblem(event)!.description, new RegExp(secret));
  }
});
