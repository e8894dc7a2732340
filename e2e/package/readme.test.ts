// README.md: what it quotes is what is built, and what it tells a reader to run is run. Its snippets for a page are in readme.spec.ts.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { fallbackOf } from '../../demo/collector/settings/help.ts';
import { SETTING_NAMES, SETTINGS, variableOf } from '../../demo/collector/settings/settings.ts';
import { checkOptions } from '../../src/options.ts';
import { createTracker } from '../../src/tracker.ts';
import type { ProblemCode } from '../../src/types.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';
import { copyProject } from '../fixtures/project-copy.ts';
import { headings, outsideSnippets, readme, snippet, snippets, swap, table } from '../fixtures/readme.ts';
import { npmEnvironment, startRegistry } from '../fixtures/registry.ts';
import { measure } from './size.mjs';

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const built = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');
const hashes = JSON.parse(built('integrity.json')) as Record<string, string>;

/** Fails with the text that the README should hold. */
function quotes(text: string, what: string) {
  assert.ok(readme.includes(text), `README.md does not quote ${what}. Paste this into it:\n${text}`);
}

/** `` `name` `` → `name` */
const plain = (cell: string) => cell.replace(/^`(.*)`$/, '$1');

test('Each of its snippets is run by a test', () => {
  assert.deepEqual(
    snippets.map(({ heading, language }) => `${heading}: ${language}`),
    [
      'mailslot: html', // readme.spec.ts
      'Try it: sh',
      'On a website: html', // readme.spec.ts
      'On a website: ', // readme.spec.ts
      'In a single-page app: sh',
      'In a single-page app: ts', // and readme.spec.ts
      'Consent: ts', // and readme.spec.ts
      'The collector: sh',
      'The collector: sh',
    ],
    'README.md has other snippets than are run: test the new one here or in readme.spec.ts, then list it here',
  );
});

test('Its first example begins by line 15, and so does the event in it', () => {
  const [first] = snippets;
  const event = first!.code.split('\n').findIndex((line) => line.includes(`mailslot('`));
  assert.ok(first!.line <= 15, `the first example begins in line ${first!.line}`);
  assert.ok(event >= 0, 'the first example tracks no event');
  assert.ok(first!.line + event + 1 <= 15, `its event is in line ${first!.line + event + 1}`);
});

test('Stub, integrity, version and policy are those of the build', () => {
  const code = snippet('mailslot', 'html');
  const [stub] = code.split('\n');
  const expected = `<script>${built('stub.js')}</script>`;
  assert.equal(
    stub,
    expected,
    `the stub is another one now. Paste this as the first line of the first example:\n${expected}`,
  );
  quotes(`integrity="${hashes['mailslot.js']}"`, 'the integrity of dist/mailslot.js');
  quotes(
    `src="https://unpkg.com/${manifest.name}@${manifest.version}/${manifest.unpkg.replace('./', '')}"`,
    'the version',
  );
  quotes(`script-src https://unpkg.com '${hashes['stub.js']}';`, 'the hash of dist/stub.js');
  // No other one beside them: not an older version's, nor a second stub.
  const everyHash = readme.match(/sha\d{3}-[\w+/=]+/g)!.sort();
  assert.deepEqual(everyHash, [hashes['mailslot.js'], hashes['stub.js']].sort());
  const versions = readme.match(/mailslot@[\w.-]+/g)!;
  assert.deepEqual(versions, [`mailslot@${manifest.version}`]);
  assert.equal(readme.split('window.mailslot||=').length, 2);
});

test('Its figures are what is measured now, and what `npm run size` prints', async () => {
  const bytes = (value: number) => `${value.toLocaleString('en')} B`;
  const [imported, tag, stub] = await measure();
  const sizes = (row: typeof imported) => [row!.minified, row!.gzip, row!.brotli].map(bytes);
  const rows = [
    ["`import { createTracker } from 'mailslot'`, idb-keyval included", ...sizes(imported)],
    ["`dist/mailslot.js`, the script tag's file", ...sizes(tag)],
    ['the stub', bytes(stub!.minified), '', ''],
  ];
  const wanted = rows.map((row) => `| ${row.join(' | ')} |`.replace(/ {2}/g, ' ')).join('\n');
  assert.deepEqual(
    table('What it costs'),
    rows,
    `the sizes are others now. Paste these rows under “What it costs”:\n${wanted}`,
  );
  quotes(`${bytes(imported!.brotli)} brotli, idb-keyval included`, 'the size of the import');
  quotes(`the stub: ${stub!.minified} bytes`, 'the size of the stub');

  const figures = outsideSnippets(readme).match(/\d[\d,.]* ?(?:[kM]?B|bytes)\b/g);
  assert.equal(
    figures?.length,
    rows.flat().filter((cell) => / B$/.test(cell)).length + 2,
    `one of these is checked by nothing: ${figures}`,
  );

  const folder = copyProject();
  try {
    // Over budget it fails, which is for size.test.ts to say; it prints all the same.
    const { stdout } = await run('npm', ['run', 'size'], {
      cwd: folder.path,
      env: npmEnvironment(),
      shell: process.platform === 'win32',
    }).catch((error: { stdout: string }) => error);
    const printed: string[] = stdout.match(/\d[\d,]*/g) ?? [];
    const missing = rows.flat().filter((cell) => / B$/.test(cell) && !printed.includes(cell.replace(' B', '')));
    assert.deepEqual(missing, [], `npm run size prints:\n${stdout}`);
  } finally {
    folder.remove();
  }
});

test('Its links lead to files that are there and to headings of its own', () => {
  const links = [...outsideSnippets(readme).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  assert.ok(links.length >= 3, 'no links were found');
  const slugs = headings().map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/ /g, '-'),
  );
  for (const link of links) {
    if (link.startsWith('#')) assert.ok(slugs.includes(link.slice(1)), `there is no heading for ${link}`);
    else if (!/^https?:/.test(link)) assert.ok(existsSync(join(root, link)), `there is no file ${link}`);
  }
});

test('Each command that it names exists, and it asks for the Node that the package asks for', () => {
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
  assert.ok(named.length >= 4, 'no commands were found');
  for (const name of named) assert.ok(manifest.scripts[name], `package.json has no script "${name}"`);
  quotes(`Node ${/\d+/.exec(manifest.engines.node)![0]} or later`, 'the version of Node');
});

test('Its list of options has every option, with its default', () => {
  // What a user's editor shows: each option of the built types with its docstring.
  const [options] = /(?<=interface TrackerOptions.*{\n)[^]*?(?=^})/m.exec(built('types.d.ts'))!;
  const documented = [...options.matchAll(/\/\*\*([^]*?)\*\/\s+(\w+)\??:/g)].map(([, comment, name]) => ({
    name: name!,
    fallback: /@default (?:'(.*)'|(\S+))/
      .exec(comment!)
      ?.slice(1)
      .find((value) => value !== undefined),
  }));
  const rows = table('Options').map(([name, fallback]) => ({ name: plain(name!), fallback: plain(fallback!) }));
  assert.deepEqual(
    rows.map(({ name }) => name),
    documented.map(({ name }) => name),
  );

  const actual = checkOptions({ projectId: 'p', writeKey: 'w' }) as unknown as Record<string, unknown>;
  for (const [index, { name, fallback }] of rows.entries()) {
    if (name === 'projectId' || name === 'writeKey') {
      assert.equal(fallback, '', `${name} has no default`);
      continue;
    }
    const days = /^(\d+) days, in ms$/.exec(fallback)?.[1];
    const told = days ? String(Number(days) * 86_400_000) : fallback;
    // The rest is decided where it is used: what the docstring says is all there is to compare with.
    const expected = name in actual ? String(actual[name]) : documented[index]!.fallback;
    if (name === 'onError') assert.match(options, new RegExp(`without it they go to \`${fallback}\``));
    else assert.equal(told, expected ?? '', `the default of ${name}`);
    if (name in actual) assert.equal(documented[index]!.fallback, expected, `the docstring of ${name}`);
  }
});

test('Its methods are those of a tracker, and its codes those of a problem', async () => {
  const tracker = createTracker({ projectId: 'p', writeKey: 'w' });
  const methods = table('Methods').map(([call]) => /^`(\w+)\(/.exec(call!)?.[1]);
  assert.deepEqual(methods, Object.keys(tracker));
  assert.ok(
    table('Methods')[1]![1]!.includes(`{ ${Object.keys(await tracker.flush()).join(', ')} }`),
    'what flush() resolves with',
  );

  // Complete, or it does not compile.
  const codes: Record<ProblemCode, true> = {
    invalid_event: true,
    evicted: true,
    rejected: true,
    paused: true,
    storage: true,
  };
  assert.deepEqual(
    table('Problems').map(([code]) => plain(code!)),
    Object.keys(codes),
  );
  const [problem] = /(?<=interface Problem {\n)[^]*?(?=^})/m.exec(built('types.d.ts'))!;
  const members = [...problem.matchAll(/^ {4}(\w+\??):/gm)].map(([, name]) => name);
  quotes(`\`onError\` gets \`{ ${members.join(', ')} }\``, 'the members of a problem');
});

test('Its list of the collector’s settings is that of `npm run collector -- --help`', () => {
  const rows = SETTING_NAMES.map((name) => [`\`${variableOf(name)}\``, fallbackOf(name), SETTINGS[name].help]);
  const wanted = rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
  assert.deepEqual(
    table('The collector'),
    rows,
    `the settings are others now. Paste these rows under “The collector”:\n${wanted}`,
  );
});

test('`npm run demo` starts what it says, and Ctrl-C ends it', { timeout: 120_000 }, async () => {
  const folder = copyProject();
  const [command, ...args] = snippet('Try it', 'sh').split(' ');
  const demo = startProcessTree(command!, args, { cwd: folder.path, env: npmEnvironment() });
  try {
    const [, website] = await demo.says(/script tag\)\s+(\S+)/);
    const [, app] = await demo.says(/import\)\s+(\S+)/);
    const [, dashboard] = await demo.says(/Dashboard\s+(\S+)/);
    for (const url of [website!, app!]) {
      const answer = await fetch(url);
      assert.equal(answer.status, 200, url);
      assert.match(await answer.text(), /data-write-key="write_/, url);
    }
    const opened = await fetch(dashboard!, { redirect: 'manual' });
    assert.deepEqual([opened.status, opened.headers.get('location')], [303, '/dashboard/']);

    demo.signal('SIGINT');
    await demo.ended;
    for (const url of [website!, dashboard!]) await assert.rejects(fetch(url), `${url} still answers`);
  } finally {
    await demo.kill();
    folder.remove();
  }
});

test('`npm run collector` makes a project once, and takes both curl commands', { timeout: 120_000 }, async (t) => {
  if (spawnSync('curl', ['--version']).error) return t.skip('curl is not installed');
  const folder = copyProject();
  const start = () =>
    startProcessTree('npm', ['run', '--silent', 'collector'], {
      cwd: folder.path,
      env: { ...npmEnvironment(), PORT: '0' },
    });
  let collector = start();
  try {
    const [ready] = await collector.says(/^{"url".*}$/m);
    const [first] = await collector.says(/^{"projectId".*}$/m);
    const { url, dashboard } = JSON.parse(ready) as { url: string; dashboard: string };
    const { projectId, keys } = JSON.parse(first) as {
      projectId: string;
      keys: Record<'write' | 'read' | 'master', string>;
    };
    assert.deepEqual(Object.keys(keys), ['write', 'read', 'master']);

    const shell = async (command: string, places: Record<string, string>) => {
      const host = { '127.0.0.1:8080': new URL(url).host, PROJECT_ID: projectId };
      const { stdout } = await run('bash', ['-c', swap(command, { ...host, ...places })], { cwd: folder.path });
      return JSON.parse(stdout);
    };
    assert.deepEqual(await shell(snippet('The collector', 'sh', 0), { WRITE_KEY: keys.write }), { created: true });
    assert.deepEqual(await shell(snippet('The collector', 'sh', 1), { READ_KEY: keys.read }), { result: 1 });
    // A key of the other kind does neither.
    const wrong = await shell(snippet('The collector', 'sh', 1), { READ_KEY: keys.write });
    assert.equal(wrong.error_code, 'InvalidApiKeyError');

    const data = table('The collector').find(([name]) => name === '`DATA`')![1]!;
    assert.ok(existsSync(join(folder.path, plain(data))), `the database is not in ${data}`);

    collector.signal('SIGTERM');
    await collector.ended;
    collector = start();
    const [again] = await collector.says(/^{"url".*}$/m);
    assert.equal(collector.output.includes('"keys"'), false, 'the keys were printed a second time');
    assert.equal(JSON.parse(again).projectId, projectId);
    assert.notEqual(JSON.parse(again).dashboard.split('token=')[1], dashboard.split('token=')[1]);
  } finally {
    await collector.kill();
    folder.remove();
  }
});

test('`npm install mailslot` gives an app all that its snippets need', { timeout: 120_000 }, async (t) => {
  const app = temporaryFolder();
  const { env, close } = await startRegistry();
  try {
    const file = (name: string, text: string) => writeFileSync(join(app.path, name), text);
    file('package.json', JSON.stringify({ private: true, type: 'module' }));
    const [command, ...args] = snippet('In a single-page app', 'sh').split(' ');
    await run(command!, args, { cwd: app.path, env, shell: process.platform === 'win32' });
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(app.path, 'package.json'), 'utf8')).dependencies), [
      'mailslot',
    ]);
    const example = snippet('In a single-page app', 'ts');

    await t.test('the example is right for TypeScript, and what it calls a compile error is one', async () => {
      file('example.ts', example);
      file('consent.ts', snippet('Consent', 'ts'));
      file('wrong-collection.ts', swap(example, { "track('purchases'": "track('purchase'" }));
      file('wrong-property.ts', swap(example, { 'price: 1.2': "price: '1.2'" }));
      file('read-key.ts', swap(example, { "'WRITE_KEY'": "'read_0123'" }));
      file('master-key.ts', swap(example, { "'WRITE_KEY'": "'master_0123'" }));
      file('read-key-untyped.ts', swap(snippet('Consent', 'ts'), { "'WRITE_KEY'": "'read_0123'" }));
      const compilerOptions = {
        target: 'ES2022',
        module: 'ESNext',
        moduleResolution: 'Bundler',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        types: [],
        strict: true,
        noEmit: true,
      };
      file('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
      const { stdout } = await run(process.execPath, [tsc, '-p', app.path, '--pretty', 'false'], {
        cwd: app.path,
      }).catch((error: { stdout: string }) => error);
      const failing = [...new Set(stdout.match(/^[\w./-]+\.ts(?=\()/gm))].sort();
      const wrong = ['master-key.ts', 'read-key-untyped.ts', 'read-key.ts', 'wrong-collection.ts', 'wrong-property.ts'];
      assert.deepEqual(failing, wrong, stdout);
    });

    await t.test('on a server it does nothing', async () => {
      const { code } = await transform(example, { loader: 'ts' });
      file('example.js', code);
      // It must end by itself: no timer, no connection.
      const { stdout, stderr } = await run(process.execPath, ['example.js'], { cwd: app.path, timeout: 20_000 });
      assert.deepEqual([stdout, stderr], ['', '']);
      // It still checks its options.
      file('wrong.js', swap(code, { WRITE_KEY: 'read_0123' }));
      const failed = await run(process.execPath, ['wrong.js'], { cwd: app.path }).then(
        () => assert.fail('taken'),
        (error) => error,
      );
      assert.match(failed.stderr, /KeyError/);
    });
  } finally {
    await close();
    app.remove();
  }
});
