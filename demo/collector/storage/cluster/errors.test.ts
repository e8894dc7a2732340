import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from '../../model/errors.ts';
import { explain } from './errors.ts';

const LIMITS = { seconds: 7, megabytes: 42 };

/** An error as the client makes it from a server's answer. */
const answered = (code: number, message = 'x') => Object.assign(new Error(message), { code: `${code}`, type: 'ANY' });

test('errors of the store become those of the query or of the cluster', () => {
  const table: [Error, string, RegExp][] = [
    [answered(241, 'Query memory limit exceeded: would use 2.00 MiB'), 'QueryTooLargeError', /42 MB/],
    [answered(241, '(total) memory limit exceeded: would use 1.51 GiB'), 'ServiceUnavailableError', /memory/],
    [answered(159), 'QueryTimeoutError', /7 seconds/],
    [answered(202), 'ServiceUnavailableError', /other queries/],
    [answered(427), 'InvalidParameterError', /regular expression/],
    [answered(209), 'ServiceUnavailableError', /part of the event store/],
    [answered(210), 'ServiceUnavailableError', /part of the event store/],
    [answered(279), 'ServiceUnavailableError', /part of the event store/],
    [answered(394), 'ServiceUnavailableError', /cancelled/],
    // Of the connection.
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'ServiceUnavailableError', /cannot be reached/],
    [new Error('Timeout error.'), 'ServiceUnavailableError', /cannot be reached/],
  ];
  for (const [error, code, message] of table) {
    const explained = explain(error, LIMITS);
    assert.ok(explained instanceof DomainError, `${explained}`);
    assert.deepEqual([explained.code, message.test(explained.message)], [code, true], explained.message);
  }
});

test('any other error stays as it is, because it is a mistake of ours', () => {
  for (const error of [answered(62, 'Syntax error'), explain(answered(159), LIMITS)])
    assert.equal(explain(error, LIMITS), error);
});
