// node e2e/package/update-readme.mjs: builds the package, and writes its sizes, its stub, its hash and the figures of RELIABILITY.md into
// README.md, and the collector's settings into its README. A test fails while any of them is out of date.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install, root } from '../../scripts/install.mjs';

const read = (...path) => readFileSync(join(root, ...path), 'utf8');
const COLLECTOR = 'demo/collector/README.md';
const ADDONS = 'src/addons/README.md';
const number = (value) => value.toLocaleString('en');

const bytes = (value) => `${value.toLocaleString('en')} B`;

/** What the fault matrix has measured, added up from the rows of its tables. */
export function reliability(text = read('e2e/RELIABILITY.md')) {
  const sums = { accepted: 0, faults: 0, lost: 0, countedTwice: 0 };
  for (const line of text.match(/^\|.*\|$/gm)) {
    const [, , accepted, , , lost, , countedTwice] = line.split('|').map((cell) => cell.trim());
    // Not a head, nor a fault that an engine cannot have.
    if (!/^\d+$/.test(accepted)) continue;
    sums.faults += 1;
    sums.accepted += Number(accepted);
    sums.lost += Number(lost);
    sums.countedTwice += Number(countedTwice);
  }
  return sums;
}

/** Each figure of the README: the place where it stands, and the text that has to stand there. */
export async function figures() {
  const { measure } = await import('./size.mjs');
  const rows = await measure();
  const [imported, tag, stub] = rows;
  const { version } = JSON.parse(read('package.json'));
  const { accepted, faults, lost, countedTwice } = reliability();
  const brotli = bytes(imported.brotli);
  return [
    [/(?<=^```html\n<script>).*(?=<\/script>$)/m, read('dist/stub.js')],
    [/(?<=script-src 'self' ')[^']+/, JSON.parse(read('dist/integrity.json'))['stub.js']],
    [/[\d,]+(?= accepted events went through)/, number(accepted)],
    [/[\d,]+(?= faults in Chromium)/, number(faults)],
    [/[\d,]+(?= lost, )/, number(lost)],
    [/[\d,]+(?= counted twice)/, number(countedTwice)],
    [/[\d,]+ B(?= brotli, idb-keyval included)/, brotli],
    [/(?<=^\| mailslot +\| +)[\d,]+ B/m, brotli],
    [/\d+(?= bytes that make the global)/, String(stub.minified)],
    [
      /(?<=with idb-keyval: ).*(?= brotli\.)/,
      `${bytes(imported.minified)} minified, ${bytes(imported.gzip)} gzip, ${brotli}`,
    ],
    [
      /(?<=`dist\/mailslot\.js`: )[\d,]+ B, [\d,]+ B,\s[\d,]+ B/,
      [tag.minified, tag.gzip, tag.brotli].map(bytes).join(', '),
    ],
    [/(?<=The stub: )[\d,]+ B/, bytes(stub.minified)],
    [/(?<=mailslot-)\d[\w.-]*(?=\.tgz)/, version],
    [/(?<=what add-ons share adds )[\d,]+ B/, sizeOf(rows, 'what add-ons share')],
    ...addonNames(rows).map((name) => [RegExp(`(?<=\`${name}\` +\\| +)[\\d,]+ B`), sizeOf(rows, `${name}, added`)]),
  ];
}

const sizeOf = (rows, name) => bytes(rows.find((row) => row.name.includes(name)).brotli);

/** The add-ons that make events, by the rows of `measure()`. */
const addonNames = (rows) => rows.flatMap(({ name }) => /^(\w+), added/.exec(name)?.[1] ?? []);

/** The sizes in src/addons/README.md. */
export async function addonFigures() {
  const { measure } = await import('./size.mjs');
  const rows = await measure();
  const of = (name) => sizeOf(rows, name);
  return [
    ...addonNames(rows).flatMap((name) => [
      [RegExp(`(?<=\\(#${name}\\) *\\| *)[\\d,]+ B`), of(`${name}, added`)],
      [RegExp(`(?<=\\(#${name}\\) *\\| *[\\d,]+ B *\\| *)[\\d,]+ B`), of(`'mailslot/${name}'`)],
    ]),
    [/(?<=what add-ons share \()[\d,]+ B/, of('what add-ons share')],
    [/(?<=All together add\s)[\d,]+ B/, of('all add-ons, added')],
    [/(?<=which is )[\d,]+ B/, of('web-vitals')],
  ];
}

/** The README with the figures in their places. @throws Error for a place that it does not have */
export function fill(readme, places) {
  return places.reduce((text, [place, figure]) => {
    if (!place.test(text)) throw new Error(`README.md has no place ${place}`);
    return text.replace(place, () => figure);
  }, readme);
}

/** The text with other rows in the table under a heading. */
function setTable(text, heading, rows) {
  const place = new RegExp(`(?<=^## ${heading}\\n[^#]*\\n)(\\|.*\\n)+`, 'm');
  if (!place.test(text)) throw new Error(`there is no table under “${heading}”`);
  return text.replace(place, () => `${rows.join('\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (node(join(root, 'esbuild.mjs'), '--package').status !== 0) process.exit(1);
  writeFileSync(join(root, 'README.md'), fill(read('README.md'), await figures()));
  writeFileSync(join(root, ADDONS), fill(read(ADDONS), await addonFigures()));

  const { bundle } = await import('../runner/unit.mjs');
  const { settingsRows } = await import(pathToFileURL(await bundle('e2e/package/settings-table.ts')).href);
  const rows = settingsRows().map((row) => `| ${row.join(' | ')} |`);
  writeFileSync(
    join(root, COLLECTOR),
    setTable(read(COLLECTOR), 'Settings', ['| variable | default | |', '| --- | --- | --- |', ...rows]),
  );
  // A figure with another number of digits moves a table's columns.
  const biome = dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json'));
  process.exitCode = node(join(biome, 'bin/biome'), 'format', '--write', 'README.md', ADDONS, COLLECTOR).status;
}
