import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAnswer } from './describe-answer.ts';

test('counts what was taken, and says once why the same refusal came many times', () => {
  const refusal = { success: false, error: { name: 'InvalidPropertyNameError', description: 'no dots' } };
  const text = JSON.stringify({ views: [{ success: true }, refusal, refusal], purchases: [{ success: true }] });
  assert.deepEqual(describeAnswer({ ok: true }, text), {
    taken: 2,
    notes: ['2 × views: InvalidPropertyNameError, no dots'],
  });
});

test('an error is told in the collector’s words', () => {
  const text = JSON.stringify({ message: 'Not this one.', error_code: 'InvalidApiKeyError' });
  assert.deepEqual(describeAnswer({ ok: false }, text), { taken: 0, notes: ['InvalidApiKeyError: Not this one.'] });
});

test('many different reasons are cut short, with their count', () => {
  const views = Array.from({ length: 7 }, (_, index) => ({ success: false, error: { name: `E${index}` } }));
  const { notes } = describeAnswer({ ok: true }, JSON.stringify({ views }));
  assert.deepEqual(notes, ['views: E0', 'views: E1', 'views: E2', 'and 4 other reasons']);
});

test('an answer that is no JSON, a proxy’s page say, is shown as it is', () => {
  assert.deepEqual(describeAnswer({ ok: false }, '<h1>Bad gateway</h1>'), {
    taken: 0,
    notes: ['<h1>Bad gateway</h1>'],
  });
});
