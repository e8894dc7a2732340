// .github/: what GitHub would refuse only after a push.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseDocument } from 'yaml';
import { root } from '../fixtures/paths.ts';

const { scripts, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Workflow {
  name: string;
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { 'runs-on': string; 'timeout-minutes': number; if?: string; steps: Step[] }>;
}

function parse(path: string): unknown {
  const document = parseDocument(readFileSync(join(root, path), 'utf8'));
  assert.deepEqual([...document.errors, ...document.warnings], [], path);
  return document.toJS();
}

const files = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const workflows = files('.github/workflows').map((path) => [path, parse(path) as Workflow] as const);
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);

test('There are a workflow for every change and one for a release', () => {
  assert.deepEqual(
    workflows.map(([path]) => path.replace('.github/workflows/', '')),
    ['ci.yml', 'release.yml'],
  );
});

for (const [path, workflow] of workflows) {
  test(`${path} has jobs that end, steps that do something, and no more rights than it needs`, () => {
    assert.ok(workflow.name && workflow.on);
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    for (const [name, job] of Object.entries(workflow.jobs)) {
      assert.match(job['runs-on'], /^ubuntu-\d/, name);
      assert.ok(job['timeout-minutes'] > 0, name);
      for (const step of job.steps) assert.ok(Boolean(step.uses) !== Boolean(step.run), JSON.stringify(step));
    }
  });

  test(`${path} runs commands that exist, with the oldest Node that the package takes`, () => {
    const steps = stepsOf(workflow);
    const text = steps.map(({ run }) => run ?? '').join('\n');
    const named = [...text.matchAll(/npm run ([\w:-]+)|npm (test)\b/g)].map(([, script, own]) => script ?? own!);
    assert.ok(named.length);
    for (const name of named) assert.ok(scripts[name], `package.json has no script "${name}"`);
    for (const [, file] of text.matchAll(/node (\S+\.mjs)/g)) assert.ok(existsSync(join(root, file!)), file);
    const versions = steps.filter(({ uses }) => uses?.startsWith('actions/setup-node')).map((step) => step.with);
    for (const one of versions) assert.equal(`>=${one?.['node-version']}`, engines.node);
  });
}

test('Every change runs all tests; more seeds, random requests and the fault matrix run on a schedule', () => {
  const ci = workflows[0]![1];
  for (const event of ['push', 'pull_request', 'schedule']) assert.ok(event in ci.on, event);
  const commands = (job: string) => ci.jobs[job]!.steps.map(({ run }) => run).filter(Boolean);
  assert.ok(commands('test').includes('npm test'));
  assert.match(commands('simulate').join(), /^npm run simulate -- --seeds 100000 /);
  assert.ok(commands('reliability').includes('npm run reliability'));
  for (const job of ['test', 'reliability']) {
    assert.ok(commands(job).includes('npx playwright install --with-deps chromium firefox webkit'), job);
  }
  assert.ok(commands('fuzz').includes('npm run fuzz -- --runs 100000'));
  for (const job of ['simulate', 'fuzz', 'reliability']) assert.match(ci.jobs[job]!.if!, /schedule/);
  // An advisory can appear without a change, so the schedule looks for them too.
  assert.ok(commands('advisories').includes('npm run advisories'));
  assert.equal(ci.jobs.advisories!.if, undefined);
});

test('A release is tested, built, noted and published in this order, with provenance', () => {
  const release = workflows[1]![1];
  assert.deepEqual(release.on, { push: { tags: ['v*'] } });
  const commands = stepsOf(release).flatMap(({ run }) => run ?? []);
  const order = ['npm test', 'npm run build', 'release-notes.mjs', 'npm publish', 'gh release create'];
  const places = order.map((part) => commands.findLastIndex((command) => command.includes(part)));
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
  assert.ok(!places.includes(-1), String(places));
  // What is built is what the notes have the hash of, so publishing must not build again.
  assert.match(commands[places[3]!]!, /--provenance.*--ignore-scripts/);
});

test('The forms of an issue have what GitHub asks for', () => {
  for (const path of files('.github/ISSUE_TEMPLATE').filter((name) => !name.endsWith('config.yml'))) {
    const form = parse(path) as { name: string; description: string; body: { type: string; id?: string }[] };
    assert.ok(form.name && form.description && form.body.length, path);
    const ids = form.body.flatMap(({ type, id }) => (type === 'markdown' ? [] : [id]));
    assert.equal(new Set(ids).size, ids.length, path);
    assert.ok(ids.every(Boolean), path);
  }
  parse('.github/ISSUE_TEMPLATE/config.yml');
});
