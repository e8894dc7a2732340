// README.md and demo/collector/README.md: their figures are those of the build, and their commands are run. The snippets for a page are in
// readme.spec.ts.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { parse } from 'yaml';
import { help } from '../../demo/collector/settings/help.ts';
import { checkOptions } from '../../src/options.ts';
import { createTracker } from '../../src/tracker.ts';
import type { ProblemCode } from '../../src/types.ts';
import { root, temporaryFolder } from '../fixtures/paths.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';
import { copyProject } from '../fixtures/project-copy.ts';
import { collectorReadme, openDocument, readme, srcReadme, swap } from '../fixtures/readme.ts';
import { npmEnvironment, startRegistry } from '../fixtures/registry.ts';
import { PEERS } from './peers.mjs';
import { settingsRows } from './settings-table.ts';
import { measure } from './size.mjs';
import { figures, fill, reliability } from './update-readme.mjs';

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const built = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');
const hashes = JSON.parse(built('integrity.json')) as Record<string, string>;

/** Fails with the text that the README should hold. */
function quotes(text: string, what: string) {
  assert.ok(readme.text.includes(text), `README.md does not quote ${what}. Paste this into it:\n${text}`);
}

/** Without the spaces that pad a table's columns. */
const unpadded = (text: string) => text.replace(/ {2,}/g, ' ');
const bytes = (value: number) => `${value.toLocaleString('en')} B`;

/** `` `name` `` → `name` */
const plain = (cell: string) => cell.replace(/^`(.*)`$/, '$1');

test('It has at most 170 lines', () => {
  const lines = readme.text.trimEnd().split('\n').length;
  assert.ok(lines <= 170, `${lines} lines`);
});

test('Each of the snippets is run by a test', () => {
  const listed = [readme, collectorReadme].flatMap(({ path, snippets }) =>
    snippets.map(({ heading, language }) => `${path}, ${heading}: ${language}`),
  );
  assert.deepEqual(
    listed,
    [
      'README.md, mailslot: html', // readme.spec.ts
      'README.md, On a website: ', // readme.spec.ts
      'README.md, In a single-page app: ts', // and readme.spec.ts
      'README.md, Consent: html', // readme.spec.ts
      'README.md, Tools: yaml', // below
      'demo/collector/README.md, Start: sh',
      'demo/collector/README.md, Start: sh',
    ],
    'there are other snippets than are run: test the new one here or in readme.spec.ts, then list it here',
  );
});

test('Its first example begins by line 12, and so does the event in it', () => {
  const [first] = readme.snippets;
  const event = first!.code.split('\n').findIndex((line) => line.includes(`mailslot('`));
  assert.ok(first!.line <= 12, `the first example begins in line ${first!.line}`);
  assert.ok(event >= 0, 'the first example tracks no event');
  assert.ok(first!.line + event + 1 <= 12, `its event is in line ${first!.line + event + 1}`);
});

test('All its figures, its stub and its hashes are those of this build', async () => {
  const current = fill(readme.text, await figures());
  assert.equal(unpadded(readme.text), unpadded(current), 'run `node e2e/package/update-readme.mjs`');
});

test('Stub, policy and version are those of the build, and no hash stands beside a version', () => {
  const [stub] = readme.snippet('mailslot', 'html').split('\n');
  assert.equal(stub, `<script>${built('stub.js')}</script>`);
  quotes(`script-src 'self' '${hashes['stub.js']}';`, 'the hash of dist/stub.js');
  // No other one beside it: not an older version's, nor a second stub.
  assert.deepEqual(readme.text.match(/sha\d{3}-[\w+/=]+/g), [hashes['stub.js']]);
  assert.doesNotMatch(readme.text, /(?<![\w/-])mailslot@/);
  assert.deepEqual(readme.text.match(/mailslot-\d[\w.-]*\.tgz/g), [`${manifest.name}-${manifest.version}.tgz`]);
  assert.equal(readme.text.split('var mailslot=mailslot||').length, 2);
});

test('Its figures are what is measured now, and what `npm run size` prints', async () => {
  const rows = await measure();
  const [imported, tag, stub] = rows;
  const sizes = (row: typeof imported) => [row!.minified, row!.gzip, row!.brotli].map(bytes);
  const [minified, gzip, brotli] = sizes(imported);
  const costs = readme.section('What it costs').replaceAll('\n', ' ');
  assert.ok(costs.includes(`with idb-keyval: ${minified} minified, ${gzip} gzip, ${brotli} brotli.`), costs);
  assert.ok(costs.includes(`\`dist/mailslot.js\`: ${sizes(tag).join(', ')}.`), costs);
  assert.ok(costs.includes(`The stub: ${bytes(stub!.minified)}.`), costs);
  quotes(`${brotli} brotli, idb-keyval included`, 'the size of the import');
  quotes(`\`dist/stub.js\`: ${stub!.minified} bytes`, 'the size of the stub');
  assert.equal(readme.table('Comparison').find(([name]) => name === 'mailslot')?.[1], brotli);

  const own = [...sizes(imported), ...sizes(tag), bytes(stub!.minified)];
  const all = readme.prose.match(/\d[\d,.]* ?(?:[kM]?B|bytes)\b/g);
  // Those of the add-ons, and of what they share, are in figures().
  const addons = rows.filter(({ name }) => /^\w+, added/.test(name)).length + 1;
  assert.equal(all?.length, own.length + 3 + PEERS.length + addons, `one of these is checked by nothing: ${all}`);

  const folder = copyProject();
  try {
    // Over budget it fails, which is for size.test.ts to say; it prints all the same.
    const { stdout } = await run('npm', ['run', 'size'], {
      cwd: folder.path,
      env: npmEnvironment(),
      shell: process.platform === 'win32',
    }).catch((error: { stdout: string }) => error);
    const printed: string[] = stdout.match(/\d[\d,]*/g) ?? [];
    const missing = own.filter((figure) => !printed.includes(figure.replace(' B', '')));
    assert.deepEqual(missing, [], `npm run size prints:\n${stdout}`);
  } finally {
    folder.remove();
  }
});

test('It tells what the fault matrix has measured', () => {
  const report = readFileSync(join(root, 'e2e/RELIABILITY.md'), 'utf8');
  const { accepted, faults, lost, countedTwice } = reliability(report);
  const number = (value: number) => value.toLocaleString('en');
  // The sum of the rows is what the report's own first line says.
  assert.ok(report.includes(`**${number(accepted)} events accepted`), `${accepted} events in the rows`);
  assert.ok(report.includes(`Lost: ${number(lost)}. Counted twice: ${number(countedTwice)}.**`));
  quotes(`${number(accepted)} accepted events went through ${number(faults)} faults`, 'the events and faults');
  quotes(`: ${number(lost)} lost, ${number(countedTwice)} counted twice`, 'the losses');
});

test('Its comparison has each peer with the version and the size that were measured', () => {
  const rows = readme.table('Comparison').filter(([name]) => name !== 'mailslot');
  assert.deepEqual(
    rows.map(([name, size]) => [name!.split(' ')[1], size]),
    PEERS.map(({ version, brotli }) => [version, bytes(brotli)]),
    '`node e2e/package/peers.mjs` measures them',
  );
  // A source of a peer is one of the version that the row names, or of a package that it depends on.
  for (const [name, ...cells] of rows) {
    assert.match(cells.join(), /https:\/\/unpkg\.com\/(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+\//, `a source for ${name}`);
  }
});

/** Every document at the repository's root, the collector's and the forms of a pull request. */
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'demo/collector/README.md',
  'demo/collector/ARCHITECTURE.md',
  '.github/pull_request_template.md',
].map(openDocument);

for (const { path, text, prose, headings } of documents) {
  test(`The links of ${path} lead to files that are there and to headings of its own`, () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const slugs = headings().map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/ /g, '-'),
    );
    for (const link of links) {
      if (link.startsWith('#')) assert.ok(slugs.includes(link.slice(1)), `there is no heading for ${link}`);
      else if (!/^https?:/.test(link)) {
        assert.ok(existsSync(join(root, dirname(path), link.replace(/#.*/, ''))), `there is no file ${link}`);
      }
    }
  });

  test(`Each command that ${path} names exists`, () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    for (const name of named) assert.ok(manifest.scripts[name], `package.json has no script "${name}"`);
    for (const [, file] of text.matchAll(/node (\S+\.mjs)/g)) assert.ok(existsSync(join(root, file!)), file);
  });
}

test('Both READMEs lead somewhere, and ask for the Node that the package asks for', () => {
  for (const { text, path } of [readme, collectorReadme]) {
    assert.ok(text.split('](').length > 4, `no links were found in ${path}`);
    assert.ok(text.split('npm run ').length > 4, `no commands were found in ${path}`);
    assert.ok(
      text.includes(`Node ${/\d+/.exec(manifest.engines.node)![0]} or later`),
      `the version of Node in ${path}`,
    );
  }
});

test('Its list of options has every option, with its default', () => {
  // What a user's editor shows: each option of the built types with its docstring.
  const [options] = /(?<=interface TrackerOptions.*{\n)[^]*?(?=^})/m.exec(built('index.d.ts'))!;
  const documented = [...options.matchAll(/\/\*\*([^]*?)\*\/\s+(\w+)\??:/g)].map(([, comment, name]) => ({
    name: name!,
    fallback: /@default (?:'(.*)'|(\S+))/
      .exec(comment!)
      ?.slice(1)
      .find((value) => value !== undefined),
  }));
  const rows = readme.table('Options').map(([name, fallback]) => ({ name: plain(name!), fallback: plain(fallback!) }));
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
    const expected = actual[name] !== undefined ? String(actual[name]) : documented[index]!.fallback;
    if (name === 'onError') assert.match(options, new RegExp(`@default logs to \`${fallback}\``));
    else assert.equal(told, expected ?? '', `the default of ${name}`);
    if (actual[name] !== undefined) assert.equal(documented[index]!.fallback, expected, `the docstring of ${name}`);
  }
});

test('Its methods are those of a tracker, and its codes those of a problem', async () => {
  const tracker = createTracker({ projectId: 'p', writeKey: 'w' });
  const methods = readme.table('Methods').map(([call]) => /^`(\w+)\(/.exec(call!)?.[1]);
  assert.deepEqual(methods, Object.keys(tracker));
  assert.ok(
    readme.table('Methods')[1]![1]!.includes(`{ ${Object.keys(await tracker.flush()).join(', ')} }`),
    'what flush() resolves with',
  );

  // Complete, or it does not compile.
  const codes: Record<ProblemCode, true> = {
    invalid_event: true,
    evicted: true,
    rejected: true,
    paused: true,
    storage: true,
    server: true,
    closed: true,
    denied: true,
    disabled: true,
  };
  assert.deepEqual(
    srcReadme.table('Problems').map(([code]) => plain(code!)),
    Object.keys(codes),
  );
  const [problem] = /(?<=interface Problem {\n)[^]*?(?=^})/m.exec(built('index.d.ts'))!;
  const members = [...problem.matchAll(/^ {4}(\w+\??):/gm)].map(([, name]) => name);
  assert.ok(srcReadme.text.includes(`\`onError\` gets \`{ ${members.join(', ')} }\``), 'the members of a problem');
});

test('The collector’s list of settings is that of `npm run collector -- --help`', () => {
  assert.deepEqual(
    collectorReadme.table('Settings'),
    settingsRows(),
    'the settings are others now: run `node e2e/package/update-readme.mjs`',
  );
});

test('The key commands of the collector’s README are those of `--help`', () => {
  const commands = [...collectorReadme.section('Keys').matchAll(/-- (keys \w+)/g)].map(([, command]) => command!);
  assert.deepEqual([...new Set(commands)], ['keys rotate', 'keys list', 'keys revoke']);
  const flags = [...collectorReadme.section('Keys').matchAll(/(?<= |`)--\w+/g)].map(([flag]) => flag);
  assert.deepEqual([...new Set(flags)].sort(), ['--fingerprints', '--keep', '--url']);
  for (const word of [...commands, ...flags]) assert.ok(help().includes(word), `--help does not know ${word}`);
});

test('`npm run demo` starts what it says, and Ctrl-C ends it', { timeout: 120_000 }, async () => {
  const folder = copyProject();
  assert.match(readme.section('Try it'), /^\s*`npm run demo` works in a fresh clone/);
  const demo = startProcessTree('npm', ['run', 'demo'], { cwd: folder.path, env: npmEnvironment() });
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
    assert.deepEqual(await shell(collectorReadme.snippet('Start', 'sh', 0), { WRITE_KEY: keys.write }), {
      created: true,
    });
    assert.deepEqual(await shell(collectorReadme.snippet('Start', 'sh', 1), { READ_KEY: keys.read }), { result: 1 });
    // A key of the other kind does neither.
    const wrong = await shell(collectorReadme.snippet('Start', 'sh', 1), { READ_KEY: keys.write });
    assert.equal(wrong.error_code, 'InvalidApiKeyError');

    const data = collectorReadme.table('Settings').find(([name]) => name === '`DATA`')![1]!;
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

test('`npm run build` in a clone makes the files of the script tag', { timeout: 120_000 }, async () => {
  assert.match(readme.section('On a website'), /run `npm run build` in a clone, and copy `dist\/mailslot\.js`/);
  const folder = copyProject();
  try {
    await run('npm', ['run', 'build'], {
      cwd: folder.path,
      env: npmEnvironment(),
      shell: process.platform === 'win32',
    });
    for (const file of ['mailslot.js', 'stub.js', 'integrity.json']) {
      assert.equal(readFileSync(join(folder.path, 'dist', file), 'utf8'), built(file), file);
    }
  } finally {
    folder.remove();
  }
});

test('`npm pack` and `npm install` give an app all that its snippets need', { timeout: 120_000 }, async (t) => {
  const app = temporaryFolder();
  const clone = copyProject();
  const { env, close } = await startRegistry();
  try {
    const file = (name: string, text: string) => writeFileSync(join(app.path, name), text);
    file('package.json', JSON.stringify({ private: true, type: 'module' }));
    const [, pack, install] = /Run `(.*)` in a clone, and `(.*)` in your app/.exec(
      readme.section('In a single-page app'),
    )!;
    const shell = (line: string, cwd: string) => {
      const [command, ...args] = line.split(' ');
      return run(command!, args, { cwd, env, shell: process.platform === 'win32' });
    };
    await shell(pack!, clone.path);
    await shell(swap(install!, { '../mailslot': clone.path }), app.path);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(app.path, 'package.json'), 'utf8')).dependencies), [
      'mailslot',
    ]);
    const example = readme.snippet('In a single-page app', 'ts');

    await t.test('the example is right for TypeScript, and what it calls a compile error is one', async () => {
      file('example.ts', example);
      const untyped = swap(example, { '<{ purchases: { item: string; price: number } }>': '' });
      file('untyped.ts', swap(untyped, { 'endpoint:': `consent: 'pending', endpoint:` }));
      file('wrong-collection.ts', swap(example, { "track('purchases'": "track('purchase'" }));
      file('wrong-property.ts', swap(example, { 'price: 1.2': "price: '1.2'" }));
      file('read-key.ts', swap(example, { "'WRITE_KEY'": "'read_0123'" }));
      file('master-key.ts', swap(example, { "'WRITE_KEY'": "'master_0123'" }));
      file('read-key-untyped.ts', swap(untyped, { "'WRITE_KEY'": "'read_0123'" }));
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

    await t.test('on a server it does nothing but tell onError why', async () => {
      const { code } = await transform(example, { loader: 'ts' });
      file('example.js', code);
      // It must end by itself: no timer, no connection.
      const { stdout, stderr } = await run(process.execPath, ['example.js'], { cwd: app.path, timeout: 20_000 });
      assert.deepEqual([stdout, stderr], ['', 'server 1\n']);
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
    clone.remove();
  }
});

test('Its steps of a GitHub Action fail for a folder with a key that can read, and only then', () => {
  const steps = parse(readme.snippet('Tools', 'yaml')) as { run: string; env?: Record<string, string> }[];
  const [build, check] = steps;
  assert.equal(build!.run, 'npm run build');
  assert.deepEqual(Object.keys(check!.env!), ['MAILSLOT_READ_KEY']);
  const [command, name, ...args] = check!.run.split(' ');
  assert.deepEqual([command, name], ['npx', manifest.name]);
  const folder = temporaryFolder();
  try {
    const key = randomBytes(24).toString('hex');
    mkdirSync(join(folder.path, 'dist'));
    const exitCode = (text: string) => {
      writeFileSync(join(folder.path, 'dist/app.js'), text);
      const env = { ...process.env, MAILSLOT_READ_KEY: key };
      const cli = join(root, manifest.bin.mailslot);
      return spawnSync(process.execPath, [cli, ...args], { cwd: folder.path, env }).status;
    };
    assert.equal(exitCode('console.log(1)'), 0);
    assert.equal(exitCode(`fetch('/', { headers: { authorization: '${key}' } })`), 1);
    assert.equal(exitCode(`const key = 'read_${randomBytes(16).toString('hex')}'`), 1);
  } finally {
    folder.remove();
  }
});
