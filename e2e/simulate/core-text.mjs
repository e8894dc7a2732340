// The core and idb-keyval as one text: the body of a function whose parameters are a page's globals.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../scripts/install.mjs';

const CLOSING = { '(': ')', '[': ']', '{': '}' };

/** The index behind the string, template, comment or bracket pair that begins at `start`; else behind that character. */
function skip(code, start) {
  const first = code[start];
  const pair = code.slice(start, start + 2);
  if (pair === '//') return code.indexOf('\n', start);
  if (pair === '/*') return code.indexOf('*/', start) + 2;
  if (first === "'" || first === '"' || first === '`') {
    let index = start + 1;
    while (code[index] !== first) {
      if (first === '`' && code.startsWith('${', index)) index = skip(code, index + 1);
      else index += code[index] === '\\' ? 2 : 1;
    }
    return index + 1;
  }
  if (!CLOSING[first]) return start + 1;
  let index = start + 1;
  while (code[index] !== CLOSING[first]) index = skip(code, index);
  return index + 1;
}

/** The index behind the statement, member or argument that begins at `start`. Knows no regular expressions. */
function endOfStatement(code, start) {
  const hasCondition = /^(if|while|for) \(/.test(code.slice(start));
  let index = hasCondition ? skip(code, code.indexOf('(', start)) + 1 : start;
  if (hasCondition && code[index] === '{') return skip(code, index);
  while (!';,)]}'.includes(code[index])) index = skip(code, index);
  return code[index] === ';' ? index + 1 : index;
}

/** Replaces the statement below the comment `// mutant: MARKER`. The marker must be there exactly once, or the defect would be none. */
function replaceMarked(code, file, marker, becomes) {
  const comment = `// mutant: ${marker}\n`;
  const parts = code.split(comment);
  if (parts.length !== 2) throw new Error(`src/${file} has ${parts.length - 1} markers "${marker}" and must have one`);
  const start = parts[0].length + comment.length + parts[1].search(/\S/);
  return code.slice(0, start) + becomes + code.slice(endOfStatement(code, start));
}

/** Puts defects into the sources on their way to the bundle. */
function breaking(edits) {
  const left = new Set(edits);
  return {
    name: 'breaking',
    setup({ onLoad, onEnd }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const edit of edits.filter(({ file }) => join(root, 'src', file) === path)) {
          contents = replaceMarked(contents, edit.file, edit.marker, edit.becomes);
          left.delete(edit);
        }
        return { contents, loader: 'ts' };
      });
      onEnd(() => {
        for (const { file } of left) throw new Error(`src/${file} is not part of the core`);
      });
    },
  };
}

/** Bundles the core, with these defects if there are any. */
export async function bundleCore(entry = 'src/index.ts', edits = []) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    bundle: true,
    format: 'iife',
    globalName: 'core',
    target: 'es2022',
    write: false,
    logLevel: edits.length ? 'silent' : 'warning',
    plugins: edits.length ? [breaking(edits)] : [],
  });
  return outputFiles[0].text;
}
