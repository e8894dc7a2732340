import { engineNames, findEngine } from './engines/engines.ts';
import type { Result } from './result.ts';
import { rows } from './rows.ts';

const titles = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' };

/** What a whole matrix still needs, one line each. An engine that is not installed is not part of it. */
export function missing(results: readonly Result[]): string[] {
  const wanted = engineNames
    .filter(findEngine)
    .flatMap((engine) => rows.filter((row) => !row.cannot?.[engine]).map(({ name }) => `${engine}: ${name}`));
  const passed = new Set(results.filter((result) => result.passed).map(({ engine, row }) => `${engine}: ${row}`));
  return wanted.filter((name) => !passed.has(name));
}

/** The results as Markdown, a table for each engine. */
export function table(results: readonly Result[], date: Date): string {
  const sections = engineNames.flatMap((engine) => {
    const ours = results.filter((result) => result.engine === engine);
    return ours.length ? [section(engine, ours)] : [];
  });
  return `${introduction(results, date)}\n${sections.join('\n')}`;
}

function introduction(results: readonly Result[], date: Date): string {
  const sum = (of: 'accepted' | 'delivered' | 'givenUp' | 'lost' | 'sentTwice' | 'countedTwice') =>
    results.reduce((total, result) => total + result[of], 0).toLocaleString('en');
  return `# Reliability, measured

Made by \`npm run reliability\` on ${date.toISOString().slice(0, 10)}: the built tracker in real browsers, the real collector behind a proxy that brings the
faults about, and each event with a number of its own that is looked up in the collector's database. Do not edit.

**${sum('accepted')} events accepted, ${sum('delivered')} delivered, ${sum('givenUp')} given up for a reported reason. Lost: ${sum('lost')}. Counted twice: ${sum('countedTwice')}.**
Sent again after the collector had taken them, and counted once: ${sum('sentTwice')}.

- *Accepted*: \`track()\` was called and its microtask ran, with the database open and idle; where the whole browser is killed, and where a renderer of Firefox
  or WebKit crashes, \`track()\` had also resolved, for what two processes had not yet told each other dies with both, and these two drop what a dead page has committed but they have not yet written. *Given up*: reported to \`onError\` with a count.
- *Sent again*: the collector had it, but the page was gone or the answer was lost before the tracker could know. A page that is closed with events in flight
  cannot hear the answer, so the next page sends them once more.
- *Longest task*: the longest task of any page's main thread, whoever's it was, in the processor's time of that thread, from Chromium's performance trace: the clock's
  time would count what other programs of the machine do meanwhile. It must stay below 50 ms. Left out are only tasks in which the engine goes to another
  document. Other engines have no such trace; a browser that is killed takes its own along.
`;
}

function section(engine: Result['engine'], results: readonly Result[]): string {
  const version = results.find((result) => result.version)?.version ?? '';
  const lines = rows.map((row) => {
    const cannot = row.cannot?.[engine];
    if (cannot) return `| ${row.name} | cannot run: ${cannot} |||||||||`;
    const result = results.find((one) => one.row === row.name);
    if (!result) return `| ${row.name} | did not run |||||||||`;
    const notes = [...result.notes, row.differs?.[engine]].filter(Boolean).join('; ');
    const longest = result.longest ? `${result.longest.ms} ms` : '';
    const { accepted, delivered, givenUp, lost, sentTwice, countedTwice, requests } = result;
    return `| ${row.name} | ${[accepted, delivered, givenUp, lost, sentTwice, countedTwice, requests, longest, notes].join(' | ')} |`;
  });
  return `## ${titles[engine]} ${version}

| fault | accepted | delivered | given up | lost | sent again | counted twice | requests | longest task | |
| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |
${lines.join('\n')}
`;
}
