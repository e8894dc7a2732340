// Each bundler × minified × source map × the ways in which a key can be in code: every planted key fails the build.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BUNDLERS, bundleWith } from '../testing/bundle.ts';

// In the working folder, because the bundlers resolve packages from there.
const root = mkdtempSync(join(tmpdir(), 'mailslot-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** A random part of a key that is the same in every run. */
const partOf = (seed: number) => createHash('sha256').update(`part ${seed}`).digest('hex').slice(0, 48);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const FORMS: Record<string, (part: string) => string> = {
  plain: (part) => `send("read_${part}");`,
  split: (part) => `send("read_" + "${part.slice(0, 20)}" + "${part.slice(20)}");`,
  variables: (part) =>
    `const label = "master_"; const rest = "${part}"; window.key = label + rest; send(label + rest);`,
  template: (part) => `const rest = "${part}"; send(\`read_\${rest}\`);`,
  join: (part) => `send(["read", "${part}"].join("_"));`,
  base64: (part) => `send(atob("${base64(`read_${part}`)}"));`,
  percent: (part) => `send(decodeURIComponent("%6d%61%73%74%65%72_${part}"));`,
  escaped: (part) => `send("\\x72\\u0065ad_${part}");`,
  named: (part) => `send({ readKey: "${part}" });`,
};

const entries = Object.fromEntries(
  Object.entries(FORMS).map(([name, make], index) => [
    name,
    `const send = (key) => fetch("/", { body: key });\n${make(partOf(index + 1))}`,
  ]),
);

for (const bundler of BUNDLERS) {
  for (const isMinified of [false, true]) {
    for (const sourcemap of [false, true, 'inline'] as const) {
      test(`${bundler}, ${isMinified ? 'minified' : 'readable'}, source map ${sourcemap}: finds every key`, async () => {
        const folder = join(root, `${bundler}-${isMinified}-${sourcemap}`);
        const message = await bundleWith(bundler, { folder, entries, isMinified, sourcemap });
        const found = Object.keys(FORMS).filter((name) =>
          new RegExp(`\\b${name}\\.js:\\d+:\\d+: a (read|master) key`).test(message),
        );
        assert.deepEqual(found, Object.keys(FORMS), message);
        for (const [index] of Object.keys(FORMS).entries())
          assert.ok(!message.includes(partOf(index + 1).slice(0, 16)));
        if (sourcemap === true) assert.match(message, /split\.js\.map \([^)]*split\.js:2:\d+\): a read key/);
        if (bundler !== 'esbuild') assert.ok(!existsSync(join(folder, 'dist')), 'files were written');
      });
    }
  }

  test(`${bundler}: a key that only the source map holds is found, and a build without keys passes`, async () => {
    const comment = { app: `// The old key was master_${partOf(3)}\nconsole.log("ready");` };
    const build = { folder: join(root, `${bundler}-comment`), isMinified: true, sourcemap: true, entries: comment };
    assert.match(await bundleWith(bundler, build), /app\.js\.map \([^)]*app\.js:1:\d+\): a master key, by its label/);
    const clean = {
      ...build,
      folder: join(root, `${bundler}-clean`),
      entries: { app: `console.log("write_${partOf(4)}");` },
    };
    assert.equal(await bundleWith(bundler, clean), '');
    assert.deepEqual(readdirSync(join(clean.folder, 'dist')).sort(), ['app.js', 'app.js.map']);
  });

  test(`${bundler}: values of the environment, of .env files and of fingerprints, and ignored files`, async () => {
    const folder = join(root, `${bundler}-known`);
    mkdirSync(folder, { recursive: true });
    const [first, second, third] = [partOf(5), partOf(6), partOf(7)];
    writeFileSync(join(folder, '.env.local'), `# keys\nexport KEEN_MASTER_KEY="${second}"\n`);
    const hash = createHash('sha256').update(third).digest('hex');
    writeFileSync(join(folder, 'fingerprints.txt'), `${hash} read id_0123456789abcdef\n`);
    const build = {
      folder,
      isMinified: true,
      sourcemap: false,
      entries: { one: `console.log("${first}");`, two: `console.log("${second}");`, three: `console.log("${third}");` },
      options: { env: { MAILSLOT_READ_KEY: first }, fingerprints: join(folder, 'fingerprints.txt') },
    };
    const message = await bundleWith(bundler, build);
    assert.match(message, /one\.js:\d+:\d+: a read key, the value of MAILSLOT_READ_KEY/);
    assert.match(message, /two\.js:\d+:\d+: a master key, the value of KEEN_MASTER_KEY/);
    assert.match(message, /three\.js:\d+:\d+: a read key, by its fingerprint \(id_0123456789abcdef\)/);
    const ignore = ['one.js', 'two.js', 'three.js'];
    assert.equal(await bundleWith(bundler, { ...build, options: { ...build.options, ignore } }), '');
  });
}

test('vite: a page and a file of the public folder are checked too', async () => {
  const folder = join(root, 'vite-page');
  mkdirSync(join(folder, 'public'), { recursive: true });
  writeFileSync(join(folder, 'public/settings.json'), JSON.stringify({ readKey: partOf(8) }));
  writeFileSync(join(folder, 'index.html'), `<!doctype html>\n<script data-write-key="read_${partOf(9)}"></script>`);
  const { build } = await import('vite');
  const { vitePlugin } = await import('../build.ts');
  const failed = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [vitePlugin({ env: {} })],
  }).then(
    () => '',
    (error: Error) => error.message,
  );
  assert.match(failed, /index\.html:2:\d+: a read key, by its label/);
  assert.match(failed, /settings\.json:1:\d+: a read key, by the name/);
});
