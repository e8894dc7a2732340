import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { type Collector, startCollector } from '../fixtures/collector.ts';
import { root } from '../fixtures/paths.ts';
import { type Project, prepare } from './project.ts';
import type { Result, Row, Serving, Step, Visit } from './row.ts';
import { serve } from './serve.ts';
import { brotliBytes, emptyPackage, scriptsBelow, withImports } from './size.ts';
import { openVisit, type Tally } from './visit.ts';

const NONE: Step = { state: 'none' };
const PASSED: Step = { state: 'passed' };

/** What replaces the placeholders in a project's files. */
const places = ({ projectId, keys, url }: Collector) => ({
  PROJECT_ID: projectId,
  WRITE_KEY: keys.write,
  'https://collector.example': url,
  STUB: readFileSync(join(root, 'dist/stub.js'), 'utf8'),
});

/** A package with its version; an alias has it behind its `@`. */
const named = (name: string, version: string) => `${name.replace(/-\d.*/, '')} ${version.replace(/^npm:.*@/, '')}`;

/** Runs a step, and prints why it has failed. */
async function take(name: string, action: () => Promise<void>): Promise<Step> {
  try {
    await action();
    return PASSED;
  } catch (error) {
    const reason = (error as Error).message;
    console.error(`mailslot: ${name} failed: ${reason}`);
    return { state: 'failed', reason };
  }
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Installs, type-checks, builds and runs one project. Each failure is in the result; a step that needs a failed one is
 * left out.
 * @param cache the folder that has the tarball, and gets the project's copy
 */
export async function runRow(row: Row, cache: string, browser: Browser): Promise<Result> {
  const result: Writable<Result> = { row, versions: '', install: NONE, types: NONE, build: NONE, runs: NONE };
  const ready: { collector?: Collector; project?: Project } = {};
  try {
    result.install = await take(`${row.name}, install`, async () => {
      ready.collector = await startCollector();
      ready.project = await prepare(row.name, cache, places(ready.collector));
    });
    if (ready.collector && ready.project) await runSteps(result, ready.project, ready.collector, browser);
    return result;
  } finally {
    await ready.collector?.close();
  }
}

async function runSteps(result: Writable<Result>, project: Project, collector: Collector, browser: Browser) {
  const { row } = result;
  const { scripts = {}, ...manifest } = project.manifest;
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  result.versions = row.versions.map((name) => named(name, versions[name]!)).join(', ');

  if (scripts['types'])
    result.types = await take(`${row.name}, types`, async () => void (await project.script('types')));
  if (scripts['build']) result.build = await take(`${row.name}, build`, () => build(result, project));
  if (result.build.state === 'failed') return;
  const tally: Tally = { seen: {}, stored: 0, tracked: 0 };
  result.runs = await take(`${row.name}, run`, async () => {
    if (scripts['test']) await project.script('test');
    if (row.files) result.bytes = brotliBytes(withImports(row.files.map((file) => join(project.folder, file))));
    for (const { site, check } of row.visits) await visit({ site, check, project, collector, browser, tally });
  });
  if (tally.tracked) result.delivered = tally;
}

/** Builds the project, and before that, for comparison, without mailslot. */
async function build(result: Writable<Result>, project: Project): Promise<void> {
  const output = result.row.output?.map((path) => join(project.folder, path));
  const without = output && (await buildWithout(project, output));
  project.clean();
  await project.script('build');
  if (output) result.bytes = brotliBytes(scriptsBelow(output)) - without!;
}

/** The size of a build with a package that does nothing in place of mailslot. */
async function buildWithout(project: Project, output: string[]): Promise<number> {
  const restore = emptyPackage(project.folder);
  try {
    project.clean();
    await project.script('build');
    return brotliBytes(scriptsBelow(output));
  } finally {
    restore();
  }
}

/** Serves the project, and runs one of the row's checks. */
async function visit(parts: {
  site: Serving | undefined;
  check: (visit: Visit) => Promise<void>;
  project: Project;
  collector: Collector;
  browser: Browser;
  tally: Tally;
}): Promise<void> {
  const { site, check, project, ...others } = parts;
  const server = site && (await serve(project.folder, site));
  const visit = openVisit({ ...others, project, server });
  try {
    await check(visit);
    if (visit.problems.length) throw new Error(`the page says:\n${visit.problems.join('\n')}`);
  } catch (error) {
    throw new Error([(error as Error).message, server?.output].filter(Boolean).join('\n'));
  } finally {
    await visit.close();
    await server?.close();
  }
}
