import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string' } },
});
const integer = (text: string, name: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be an integer; it is "${text}"`);
  return Number(text);
};
const seed = values.seed === undefined ? randomInt(999_999_999) : integer(values.seed, 'seed');
const runs = integer(values.runs, 'runs');
console.log(`seed ${seed}`);
const began = performance.now();
const { runs: sent, statuses, unanswered, failures } = await fuzz({ seed, runs, print: console.log });
for (const { kind, text, requests, times } of failures)
  console.error(`\n${kind}, ${times} times. The first:\n${text}\n${JSON.stringify(requests, null, 1)}`);
console.log(
  `\n${sent} requests in ${Math.round((performance.now() - began) / 1000)} s, by status: ${JSON.stringify(statuses)}`,
);
if (unanswered.length) console.log(`never answered with success: ${unanswered.join(', ')}`);
console.log(failures.length ? `${failures.length} promises broken, with seed ${seed}` : 'every promise held');
process.exitCode = failures.length ? 1 : 0;
