import assert from 'node:assert/strict';
import { unwatchFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../../scripts/testing/until.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import { makeMmdb } from '../../testing/mmdb.ts';
import { openGeo } from './open-geo.ts';
import { ADDONS } from './spec.ts';

const run = (name: string, ...values: unknown[]) => ADDONS.get(`keen:${name}`)!.run(values, undefined);

test('a URL is split into its parts, without missing ones', () => {
  assert.deepEqual(run('url_parser', 'http://my-website.com/cool/link?source=twitter&foo=bar/#title'), {
    protocol: 'http',
    domain: 'my-website.com',
    path: '/cool/link',
    anchor: 'title',
    query_string: { source: 'twitter', foo: 'bar/' },
  });
  assert.deepEqual(run('url_parser', 'https://shop.example'), { protocol: 'https', domain: 'shop.example', path: '/' });
  assert.deepEqual(run('url_parser', 'https://shop.example/?q=a+b%20c&q=2#%C3%BC'), {
    protocol: 'https',
    domain: 'shop.example',
    path: '/',
    anchor: 'ü',
    query_string: { q: '2' },
  });
  assert.deepEqual(run('url_parser', 'https://[::1]:8080/#100%'), {
    protocol: 'https',
    domain: '[::1]',
    path: '/',
    anchor: '100%',
  });
  for (const text of ['shop.example/path', '/path', 'http://', 7, {}])
    assert.throws(() => run('url_parser', text), { name: 'AddonError' }, JSON.stringify(text));
});

test("names of a URL's parameters become valid property names", () => {
  const { query_string: parameters } = run(
    'url_parser',
    `https://a.example/?a.b=1&$c=2&=3&__proto__=4&${'n'.repeat(300)}=5`,
  ) as { query_string: object };
  assert.deepEqual(Object.entries(parameters), [
    ['a_b', '1'],
    ['_c', '2'],
    ['_', '3'],
    ['__proto__', '4'],
    ['n'.repeat(255), '5'],
  ]);
});

test('a date is split into its parts in its own zone, with the weeks of ISO 8601', () => {
  // Keen itself recorded the first two results.
  const parts = (text: string) => run('date_time_parser', text);
  assert.deepEqual(parts('2017-05-07T23:16:54.768Z'), {
    millisecond: 768,
    day_of_week_string: 'Sunday',
    hour: 23,
    timezone_offset: 0,
    day_of_month: 7,
    day_of_week: 7,
    month: 5,
    second: 54,
    week: 18,
    year: 2017,
    minute: 16,
  });
  assert.deepEqual(parts('2017-03-22T14:44:29.019Z'), {
    millisecond: 19,
    day_of_week_string: 'Wednesday',
    hour: 14,
    timezone_offset: 0,
    day_of_month: 22,
    day_of_week: 3,
    month: 3,
    second: 29,
    week: 12,
    year: 2017,
    minute: 44,
  });
  assert.deepEqual(parts('2024-12-31T23:30:00-07:30'), {
    millisecond: 0,
    day_of_week_string: 'Tuesday',
    hour: 23,
    timezone_offset: -27_000,
    day_of_month: 31,
    day_of_week: 2,
    month: 12,
    second: 0,
    week: 1,
    year: 2024,
    minute: 30,
  });
  const weeks: [string, number][] = [
    ['2021-01-03', 53],
    ['2021-01-04', 1],
    ['2016-01-01', 53],
    ['2020-12-31', 53],
    ['2018-12-31', 1],
    ['2019-12-29', 52],
  ];
  for (const [text, week] of weeks) assert.equal((parts(text) as { week: number }).week, week, text);
  for (const text of ['yesterday', '2024-02-30', 1_700_000_000, '07/05/2017'])
    assert.throws(() => parts(text as string), { name: 'AddonError' });
});

test('a user agent becomes device, browser and system, with the names of Keen', () => {
  const table: [string, object][] = [
    // Keen itself recorded this result, except for the type, which it added later.
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_12_2) AppleWebKit/602.3.12 (KHTML, like Gecko) Version/10.0.2 Safari/602.3.12',
      {
        device: { family: 'Other', type: 'desktop' },
        browser: { family: 'Safari', major: '10', minor: '0', patch: '2' },
        os: { family: 'Mac OS X', major: '10', minor: '12', patch: '2', patch_minor: null },
      },
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
      {
        device: { family: 'Other', type: 'desktop' },
        browser: { family: 'Firefox', major: '145', minor: '0', patch: null },
        os: { family: 'Windows 10', major: null, minor: null, patch: null, patch_minor: null },
      },
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
      {
        device: { family: 'iPhone', type: 'mobile phone' },
        browser: { family: 'Mobile Safari', major: '17', minor: '1', patch: null },
        os: { family: 'iOS', major: '17', minor: '1', patch: null, patch_minor: null },
      },
    ],
    [
      'what is this',
      {
        device: { family: 'Other' },
        browser: { family: 'Other', major: null, minor: null, patch: null },
        os: { family: 'Other', major: null, minor: null, patch: null, patch_minor: null },
      },
    ],
  ];
  for (const [text, expected] of table)
    for (let time = 0; time < 2; time++) assert.deepEqual(run('ua_parser', text), expected, text);
  assert.throws(() => run('ua_parser', 5), { name: 'AddonError' });
});

test('a referrer is a search with its term, a mail, a social site, the same site, or unknown', () => {
  const page = 'https://www.shop.example.co.uk/stamps';
  const table: [string, [string | null, string | null, string | null]][] = [
    ['https://www.google.com/search?q=old+stamps', ['SEARCH', 'Google', 'old stamps']],
    ['https://google.co.nz/', ['SEARCH', 'Google', null]],
    ['https://mail.google.com/', ['EMAIL', 'Gmail', null]],
    ['https://docs.google.com/d/1', ['UNKNOWN', null, null]],
    ['https://fr.search.yahoo.com/search?p=timbres', ['SEARCH', 'Yahoo!', 'timbres']],
    ['https://yandex.ru/search/?text=%D0%BC%D0%B0%D1%80%D0%BA%D0%B8', ['SEARCH', 'Yandex', 'марки']],
    ['https://www.startpage.com/do/search?query=a&q=b', ['SEARCH', 'Startpage', 'a']],
    ['https://l.facebook.com/l.php?q=x', ['SOCIAL', 'Facebook', null]],
    ['https://t.co/abc', ['SOCIAL', 'X', null]],
    // Hosts that only start or end like a known one.
    ['https://t.company.example/', ['UNKNOWN', null, null]],
    ['https://google.com.evil.example/?q=x', ['UNKNOWN', null, null]],
    ['https://notfacebook.com/', ['UNKNOWN', null, null]],
    ['https://shop.example.co.uk/', ['INTERNAL', null, null]],
    ['https://blog.example.co.uk/', ['INTERNAL', null, null]],
    ['https://other.co.uk/', ['UNKNOWN', null, null]],
    ['no url', [null, null, null]],
  ];
  for (const [url, [medium, source, term]] of table)
    assert.deepEqual(run('referrer_parser', url, page), { medium, source, term }, url);
  assert.deepEqual(run('referrer_parser', 'https://a.example', 'no url'), { medium: null, source: null, term: null });
  assert.equal(
    (run('referrer_parser', 'http://localhost:1/', 'http://localhost:2/') as { medium: string }).medium,
    'INTERNAL',
  );
  assert.equal(
    (run('referrer_parser', 'https://a.github.io/', 'https://b.github.io/') as { medium: string }).medium,
    'UNKNOWN',
  );
});

const LONDON = {
  city: { names: { en: 'London', de: 'London' } },
  subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }, { names: { en: 'Greater London' } }],
  country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
  continent: { code: 'EU', names: { en: 'Europe' } },
  postal: { code: 'SW1A' },
  location: { latitude: 51.5142, longitude: -0.0931 },
};

const FRANCE = { country: { iso_code: 'FR', names: { en: 'France' } } };

test('an address becomes a place, with the known members only', async (t) => {
  const file = join(temporaryFolder(t), 'places.mmdb');
  writeFileSync(file, makeMmdb({ '81.2.69.0/24': LONDON, '203.0.113.0/25': FRANCE, '2001:db8::/32': FRANCE }));
  const locate = await openGeo(file);
  const place = (ip: unknown) => ADDONS.get('keen:ip_to_geo')!.run([ip], locate);
  assert.deepEqual(place('81.2.69.142'), {
    city: 'London',
    province: 'England',
    country: 'United Kingdom',
    country_code: 'GB',
    continent: 'Europe',
    postal_code: 'SW1A',
    coordinates: [-0.0931, 51.5142],
  });
  for (const ip of [' 203.0.113.9 ', '2001:db8:1::5', '2001:DB8::'])
    assert.deepEqual(place(ip), { country: 'France', country_code: 'FR' });
  for (const ip of ['203.0.113.200', '127.0.0.1', '::1', '2001:db9::1'])
    assert.throws(() => place(ip), { message: 'the GeoIP database does not know the address' });
  for (const ip of ['81.2.69', 'here', ''])
    assert.throws(() => place(ip), { message: 'its input is not an IP address' });
  assert.throws(() => run('ip_to_geo', '81.2.69.142'), { message: 'this collector has no GeoIP database' });
});

test('a new GeoIP database replaces the old one, but a broken one does not', async (t) => {
  const file = join(temporaryFolder(t), 'places.mmdb');
  const country = (name: string) => makeMmdb({ '81.2.69.0/24': { country: { names: { en: name } } } });
  const logged: string[] = [];
  t.mock.method(console, 'error', (line: string) => logged.push(line));
  writeFileSync(file, country('Old'));
  const locate = await openGeo(file, 20);
  t.after(() => unwatchFile(file));
  // A copy in progress grows. The watcher's own first look at the file can come after a first write.
  let copied = 'a part of a file';
  await until('the broken one to be noticed', () => {
    writeFileSync(file, (copied += ', and more of it'));
    return logged.length;
  });
  assert.match(logged[0]!, /new GeoIP database cannot be used/);
  assert.deepEqual(locate('81.2.69.1'), { country: 'Old' });
  writeFileSync(file, country('New, and larger'));
  await until('the new one', () => locate('81.2.69.1')?.country === 'New, and larger');
});

test('a missing or invalid GeoIP database is rejected when it is opened', async (t) => {
  const file = join(temporaryFolder(t), 'none.mmdb');
  await assert.rejects(openGeo(file), { name: 'SettingsError', message: /none\.mmdb cannot be used/ });
  writeFileSync(file, 'something else');
  await assert.rejects(openGeo(file), { name: 'SettingsError' });
});
