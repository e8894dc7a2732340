import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATUS } from './error-status.ts';

test('trackers and Keen’s clients rely on these statuses', () => {
  const table: Partial<typeof STATUS> = {
    InvalidEventError: 400,
    InvalidParameterError: 400,
    InvalidApiKeyError: 401,
    ResourceNotFoundError: 404,
    ConflictError: 409,
    RequestEntityTooLargeError: 413,
    QueryTooLargeError: 422,
    TooManyRequestsError: 429,
    ServiceUnavailableError: 503,
    QueryTimeoutError: 504,
  };
  for (const [code, status] of Object.entries(table)) assert.equal(STATUS[code as keyof typeof STATUS], status, code);
});
