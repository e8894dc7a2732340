import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createScanner } from './scanner.ts';

const { scan } = createScanner();
const HEX = '0c1f2e3d4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978';
const READ = `read_${HEX}`;
const b64 = (text: string) => Buffer.from(text).toString('base64');
const escaped = (text: string) => [...text].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('');
const unicode = (text: string) => [...text].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('');
const codes = (text: string) => [...text].map((c) => c.charCodeAt(0)).join(',');

const PLANTED: [name: string, text: string][] = [
  ['a literal', `const k = "${READ}";`],
  ['a comment', `// ${READ}`],
  ['a sum', `const k = 'read_' + '${HEX}';`],
  ['a sum in brackets', `const k = ('read_') + ("${HEX}");`],
  ['a sum of four', `const k = 're' + 'ad' + '_' + '${HEX}';`],
  ['a sum over lines', `const k = 'read_' +\n  // the rest\n  '${HEX}';`],
  ['a sum of pieces', `k("read_0c1f2e3d4b5a"+"69788796a5b4c3d2"+"e1f00f1e2d3c4b5a6978")`],
  ['concat', `const k = 'read_'.concat('${HEX}');`],
  ['concat of two', `const k = 're'.concat('ad_','${HEX}');`],
  ['join', `const k = ['read_', '${HEX}'].join('');`],
  ['join with a separator', `const k = ['read', '${HEX}'].join("_");`],
  ['a template', 'const k = `read_${"' + HEX + '"}`;'],
  ['two templates', 'const k = `${`read_`}' + HEX + '`;'],
  ['hex escapes', `const k = "${escaped('read_')}${HEX}";`],
  ['all hex escapes', `const k = "${escaped(READ)}";`],
  ['unicode escapes', `const k = "${unicode(READ)}";`],
  ['braced escapes', `const k = "\\u{72}ead_${HEX}";`],
  ['octal escapes', `const k = "\\162ead\\137${HEX}";`],
  ['a line that goes on', `const k = "read_\\\n${HEX}";`],
  ['percent', `const k = "%72ead%5F${HEX}";`],
  ['percent twice', `const k = "%2572ead%255F${HEX}";`],
  ['HTML references', `<meta content="&#114;ead&lowbar;${HEX}">`],
  ['an attribute', `<script data-write-key="${READ}">`],
  ['base64', `const k = atob("${b64(READ)}");`],
  ['base64 of a header', `const h = "Basic ${b64(`user:${READ}`)}";`],
  ['base64 twice', `const k = "${b64(b64(READ))}";`],
  ['base64url', `const k = "${Buffer.from(READ).toString('base64url')}";`],
  ['base64 behind something', `const k = "x${b64(READ)}";`],
  ['split base64', `const k = atob("${b64(READ).slice(0, 21)}" + "${b64(READ).slice(21)}");`],
  ['base64 of the label', `const k = atob("${b64('read_')}") + "${HEX}";`],
  ['hex', `const k = Buffer.from("${Buffer.from(READ).toString('hex')}", "hex");`],
  ['codes', `const k = String.fromCharCode(${codes(READ)});`],
  ['codes of the label', `const k = String.fromCharCode(${codes('read_')}) + "${HEX}";`],
  ['bytes', `const k = new Uint8Array([${codes(READ)}]);`],
  ['variables', `const a = "read_";\nconst b = "${HEX}";\nconst k = a + b;`],
  ['a variable', `const b = "${HEX}"; const k = "read_" + b;`],
  ['variables in a template', 'const a = "read_", b = "' + HEX + '"; const k = `${a}${b}`;'],
  ['a variable in concat', `const b = "${HEX}"; const k = "read_".concat(b);`],
  ['variables in join', `const a = "read", b = "${HEX}"; const k = [a, b].join("_");`],
  ['properties', `const o = { label: "read_", rest: "${HEX}" }; const k = o.label + o.rest;`],
  ['variables of variables', `const a = "read", b = "_", c = a + b; const k = c + "${HEX}";`],
  ['an addition', `let k = "read_"; k += "${HEX}";`],
  ['code in a string', `eval("const k = \\"read_\\" + \\"${HEX}\\";")`],
  ['a source map', JSON.stringify({ version: 3, sources: ['a.ts'], sourcesContent: [`const k = 'read_' + '${HEX}'`] })],
  ['a map with sections', JSON.stringify({ sections: [{ map: { sources: ['a'], sourcesContent: [READ] } }] })],
  [
    'an inline source map',
    `//# sourceMappingURL=data:application/json;base64,${b64(JSON.stringify({ sources: ['a'], sourcesContent: [`k = 'read_' + '${HEX}'`] }))}`,
  ],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ a: READ }))],
];

for (const [name, text] of PLANTED) {
  test(`finds a key as ${name}`, () => {
    const found = scan('app.js', text);
    assert.deepEqual(
      found.map(({ keyClass }) => keyClass),
      ['read'],
      JSON.stringify(found),
    );
    assert.ok(!JSON.stringify(found).includes(HEX.slice(0, 12)));
  });
}

const CLASSES: [text: string, keyClass: string][] = [
  [`"master_${HEX}"`, 'master'],
  [`"READ_${HEX.toUpperCase()}"`, 'read'],
  [`"keen-live-read-${HEX}"`, 'read'],
  [`"access_read_${HEX}"`, 'read'],
  [`"readKey${HEX}"`, 'read'],
  [`"readOnly0123456789abcdef"`, 'read'],
  [`"MASTER0123456789abcdef"`, 'master'],
  [`"master:${HEX}"`, 'master'],
  [`"https://read:${HEX}@collector.example"`, 'read'],
  [`"https://collector.example/3.0/master_0123456789abcdef/x"`, 'master'],
  [`"sk_live_AbC0123456789xYz"`, 'secret'],
  [`"rk_0123456789abcdef"`, 'read'],
  [`"mk-0123456789abcdef"`, 'master'],
  [`"admin_7Gk2pQ9sXw4LzR8t"`, 'admin'],
  [`"service_role_550e8400-e29b-41d4-a716-446655440000"`, 'servicerole'],
  [`"queries:k3j9x2m4p0q8w7e6"`, 'read'],
  [`"read_Xk3-mQ9_tY7wL-2pR8_vN4sB"`, 'read'],
  [`readKey: "${HEX}"`, 'read'],
  [`{"VITE_MASTER_KEY":"${HEX}"}`, 'master'],
  [`<script data-admin-token='${HEX}'>`, 'admin'],
  [`MAILSLOT_READ_KEY=${HEX}`, 'read'],
  [`fetch("/x?read_key=${HEX}")`, 'read'],
  [`createTracker({writeKey:"${'c0ffee0123456789'.repeat(4)}"})`, 'master'],
  [`<script data-write-key="${'c0ffee0123456789'.repeat(2)}">`, 'master'],
  [`{ key: "${HEX}", is_active: true, permitted: ["writes", "queries"] }`, 'read'],
  [jwt({ iss: 'keen', role: 'service_role' }), 'servicerole'],
  [jwt({ scope: 'write read' }), 'read'],
];

/** A JSON Web Token with these claims. */
function jwt(claims: object): string {
  const [header, payload] = [{ alg: 'HS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `"${header}.${payload}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"`;
}

for (const [text, keyClass] of CLASSES) {
  test(`names the class of ${text}`, () => {
    assert.deepEqual(
      scan('app.js', `before();\n  ${text};\nafter()`).map((found) => [found.keyClass, found.line]),
      [[keyClass, 2]],
    );
  });
}

/** Text that is no key, although it has a label or is random. */
const CLEAN = [
  'readOnlyProperty, master_volume, isReadonly, masterVolume2, admin_panel, exportToCSV2, privateMethod1234',
  `e.read=t.readUInt32LE;n.master=0x9e3779b97f4a7c15n;o.root=0xdeadbeefdeadbeef`,
  '"read-more-about-utf8-and-base64", "secret-sha256-with-rsa2048", "export-2024-01-15"',
  '"read_xxxxxxxxxxxxxxxxxxxx", "master_0000000000000000", "READ_KEY_GOES_HERE_PLEASE"',
  '"admin-8f3d2a1c9b7e6f5d4c3b.js", "static/chunks/pages/master-8f3d2a1c9b7e.css", "export.8f3d2a1c9b7e6f5d.chunk.js"',
  '"export_1700000000000", "private-20240115", "admin_1700000000"',
  '.master__title_1x2y3, .readMore_8d9f2 {}',
  `writeKey: "write_${HEX}"`,
  `{"writeKey":"${HEX}"}`,
  `projectId: "5f1a0c9e8b7d6a5f4e3d2c1b"`,
  `"${'c0ffee0123456789'.repeat(4)}"`,
  `"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"`,
  `{ key: "${HEX}", is_active: true, permitted: ["writes"] }`,
  jwt({ sub: '1', scope: 'write' }),
  '"access_write_0c1f2e3d4b5a6978"',
  `exportId: "${HEX}", readableId: "${HEX}"`,
];

for (const text of CLEAN) {
  test(`finds nothing in ${text.slice(0, 80)}`, () => {
    assert.deepEqual(scan('app.js', text), []);
  });
}

test('names the place in the original source of a source map, and in a compressed file', () => {
  const map = JSON.stringify({
    version: 3,
    sources: ['src/keys.ts'],
    sourcesContent: [`\n\n  k("${READ}")`],
    mappings: '',
  });
  assert.deepEqual(scan('app.js.map', map), [
    { file: 'app.js.map', source: 'src/keys.ts', line: 3, column: 6, keyClass: 'read', evidence: 'label' },
  ]);
  const code = `\n const k = 'read_' + '${HEX}'`;
  const expected = { line: 2, keyClass: 'read' };
  for (const [file, bytes] of [
    ['app.js.gz', gzipSync(code)],
    ['app.js.br', brotliCompressSync(code)],
    ['app.txt', Buffer.from(`\ufeff${code}`, 'utf16le')],
    ['app.txt', Buffer.from(code, 'utf16le')],
    [
      'app.wasm',
      Buffer.concat([Buffer.from([0, 97, 115, 109, 255, 254, 10]), Buffer.from(READ), Buffer.from([0, 255])]),
    ],
    ['bad.gz', Buffer.concat([Buffer.from([0x1f, 0x8b, 10]), Buffer.from(READ)])],
  ] as const) {
    const [found, ...more] = scan(file, bytes);
    assert.deepEqual([{ line: found?.line, keyClass: found?.keyClass }, more], [expected, []], file);
  }
});

test('the same key in several places is found in each', () => {
  assert.deepEqual(
    scan('a.js', `a("${READ}");\nb("${READ}"); c("${READ}")`).map(({ line, column }) => [line, column]),
    [
      [1, 4],
      [2, 4],
      [2, 64],
    ],
  );
});
