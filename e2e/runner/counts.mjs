// A reporter for node:test that writes nothing but the counts, as one line of JSON, for run.mjs to add up.

export default async function* counts(events) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    // A `describe` is no test of its own.
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const open = data.skip !== undefined || data.todo !== undefined;
    total[open ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed'] += 1;
  }
  yield JSON.stringify(total);
}
