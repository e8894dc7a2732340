// Keys in texts, and headers.
import fc from 'fast-check';
import { FORMS, KEY_NAMES, placeholder } from './keys.ts';
import { text } from './values.ts';

export const key = fc.constantFrom(...KEY_NAMES);
export const planted = fc.tuple(key, fc.constantFrom(...FORMS)).map(([name, form]) => placeholder(name, form));
/** Not for a value of an event, which an answer may repeat. */
export const textOrKey = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: planted });

const CONTENT_TYPES = [
  ...[
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/xml',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json; charset=utf-16',
    'json',
    ';',
    'a/b/c',
  ],
];
/** Values that Node's client sends; a raw socket sends the others. */
const headerValue = textOrKey.map((value) => value.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim());
const odd = <T extends string>(...values: T[]) => fc.oneof(fc.constantFrom(...values), headerValue);
const headers = fc.record(
  {
    origin: odd(
      'https://shop.example',
      'null',
      'https://a.shop.example',
      'http://localhost:3000',
      'capacitor://localhost',
    ),
    referer: headerValue,
    'user-agent': fc.constantFrom('', 'curl/8', 'x'.repeat(2_000), '${keen.ip}'),
    'x-forwarded-for': odd(
      '81.2.69.1',
      '2001:db8::1',
      '81.2.69.1:5',
      '[::1]:80',
      '1.2.3.4, 5.6.7.8',
      'unknown',
      '::ffff:1.2.3.4',
    ),
    'x-forwarded-proto': odd('https', 'http'),
    accept: odd('*/*', 'text/html', 'text/csv', 'application/x-ndjson', 'text/csv;q=0.1, */*;q=x'),
    'accept-encoding': odd('gzip', 'br, deflate', '*;q=0'),
    'content-encoding': odd('gzip', 'identity', 'GZIP', 'gzip, gzip', 'br'),
    cookie: headerValue,
    range: odd('bytes=0-1', 'bytes=-1'),
    'if-none-match': odd('*', '"x"'),
    'sec-fetch-site': odd('same-origin', 'cross-site', 'none'),
    'access-control-request-method': odd('POST', 'PATCH'),
    'access-control-request-headers': odd('authorization,content-type', 'traceparent'),
    expect: odd('100-continue', '200-ok'),
    te: odd('trailers'),
    'keen-sdk': headerValue,
    'x-http-method-override': odd('DELETE'),
  },
  { requiredKeys: [] },
);
/** One or two of them; a whole set would mostly be refused for the first. */
export const fewHeaders = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Record<string, string>>({}) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(headers, fc.nat(20))
      .map(
        ([all, from]) =>
          Object.fromEntries(Object.entries(all).slice(from % 17, (from % 17) + 2)) as Record<string, string>,
      ),
  },
);
export const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  { weight: 1, arbitrary: fc.constantFrom(...CONTENT_TYPES) },
);
