import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAnswer } from './describe-answer.ts';

test('counts the acknowledged events, and lists equal refusals once with their number', () => {
  const refusal = { success: false, error: { name: 'InvalidPropertyNameError', description: 'no dots' } };
  const body = { views: [{ success: true }, refusal, refusal], purchases: [{ success: true }] };
  assert.deepEqual(describeAnswer(200, body), {
    acknowledged: 2,
    notes: ['2 × views: InvalidPropertyNameError, no dots'],
  });
});

test('an error is described with the collector’s code and message', () => {
  const body = { message: 'Not this one.', error_code: 'InvalidApiKeyError' };
  assert.deepEqual(describeAnswer(401, body), {
    acknowledged: 0,
    notes: ['InvalidApiKeyError: Not this one.'],
  });
});

test('a list of many reasons is cut short, with the number of the others', () => {
  const views = Array.from({ length: 7 }, (_, index) => ({ success: false, error: { name: `E${index}` } }));
  const { notes } = describeAnswer(200, { views });
  assert.deepEqual(notes, ['views: E0', 'views: E1', 'views: E2', 'and 4 other reasons']);
});

test('an answer that is not JSON, such as a proxy’s page, is none of the collector’s', () => {
  for (const status of [200, 502]) {
    assert.deepEqual(describeAnswer(status, undefined), {
      acknowledged: 0,
      notes: ['no JSON: not the collector’s answer'],
    });
  }
});
