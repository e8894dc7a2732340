import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SETTING_NAMES, variableOf } from '../settings/settings.ts';
import { temporaryFolder } from '../testing/folder.ts';

const ROOT = process.cwd();
const FOLDER = join(ROOT, 'demo/collector/deploy');
/** The command that `npm run collector` ends in, after the build. */
const PROGRAM = 'demo/dist/collector.js';
const unit = readFileSync(join(FOLDER, 'mailslot-collector.service'), 'utf8');

/** The unit's assignments as `Section.Name`, in order. */
function assignments(text: string): [name: string, value: string][] {
  let section = '';
  return text.split('\n').flatMap((line): [string, string][] => {
    if (!line || line.startsWith('#')) return [];
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading) section = heading;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    assert.ok(heading || name, line);
    return name ? [[`${section}.${name}`, value!]] : [];
  });
}

test('the unit runs the built collector, and its variables are settings', () => {
  const given = new Map(assignments(unit));
  assert.equal(given.get('Service.ExecStart'), `/usr/bin/node ${PROGRAM}`);
  const [variable = '', path = ''] = given.get('Service.Environment')!.split('=');
  assert.ok(SETTING_NAMES.map(variableOf).includes(variable));
  assert.ok(path.startsWith(`/var/lib/${given.get('Service.StateDirectory')}/`), 'in the folder that it can write');
  // The collector cuts its stop short after 60 seconds.
  assert.ok(Number(given.get('Service.TimeoutStopSec')) > 60);
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd accepts the unit', { skip: !hasSystemd && 'this machine has no systemd-analyze' }, (t) => {
  // This machine can have its Node and the repository elsewhere.
  const here = unit.replace('/usr/bin/node', process.execPath).replace('/opt/mailslot', ROOT);
  const verify = (text: string) => {
    const file = join(temporaryFolder(t), 'mailslot-collector.service');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    return { status, problems: stderr.split('\n').filter((line) => line.includes('mailslot')) };
  };
  assert.deepEqual(verify(here), { status: 0, problems: [] });
  assert.notDeepEqual(verify(here.replace('ProtectHome=yes', 'ProtectHom=yes')).problems, [], 'it finds a misspelling');
});

/** Instructions of a Containerfile, and the stages before the last. */
function instructions(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' '));
}

test('each path and command of the Containerfile exists', () => {
  const given = instructions(readFileSync(join(FOLDER, 'Containerfile'), 'utf8'));
  const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'VOLUME', 'EXPOSE', 'USER', 'STOPSIGNAL', 'CMD'];
  assert.deepEqual(
    given.filter(([name]) => !known.includes(name!)),
    [],
  );
  // A version, so that a rebuild is the same. The project needs Node 20 or later.
  for (const [, image = ''] of given.filter(([name]) => name === 'FROM')) {
    const [, major] = /^node:(\d+)-\w+-slim$/.exec(image) ?? [];
    assert.ok(Number(major) >= 20, image);
  }
  const copies = given.filter(([name]) => name === 'COPY').map(([, ...words]) => words);
  const fromHere = copies.filter(([first]) => !first!.startsWith('--from=')).flatMap((words) => words.slice(0, -1));
  for (const path of fromHere) assert.ok(existsSync(join(ROOT, path)), path);
  assert.ok(!fromHere.some((path) => ['.', 'demo', 'demo/data'].includes(path)), 'no database goes into the image');
  // Everything that the build reads is copied, and everything that the program reads at run time.
  const build = readFileSync(join(ROOT, 'esbuild.mjs'), 'utf8');
  for (const [, imported] of build.matchAll(/^(?:import(?! type)|}).* from '\.\/([\w/.-]+)'/gm))
    assert.ok(
      fromHere.some((path) => imported!.startsWith(path)),
      imported,
    );
  const kept = copies.filter(([first]) => first === '--from=build').map((words) => words.at(-1));
  assert.deepEqual(kept, ['package.json', 'node_modules', 'demo/dist']);

  const variables = given.find(([name]) => name === 'ENV')!.slice(1);
  for (const variable of variables)
    assert.ok(SETTING_NAMES.map(variableOf).includes(variable.split('=')[0]!), variable);
  const command = given
    .find(([name]) => name === 'CMD')!
    .slice(1)
    .join(' ');
  assert.deepEqual(JSON.parse(command), ['node', PROGRAM]);
  assert.match(readFileSync(join(ROOT, 'demo/collector.mjs'), 'utf8'), /import\('\.\/dist\/collector\.js'\)/);
});
