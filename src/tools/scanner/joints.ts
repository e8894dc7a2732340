import { rewrite, type View } from './view.ts';

/** White space and comments. */
const GAP = String.raw`(?:\s|/\*(?:[^*]|\*(?!/)){0,200}\*/|//[^\n]{0,200}\n){0,20}`;
/** A short literal. */
export const LITERAL = String.raw`(?:"(?:[^"\\\n]|\\.){0,300}"|'(?:[^'\\\n]|\\.){0,300}'|${'`'}(?:[^${'`'}\\$]|\\.){0,300}${'`'})`;

const pattern = (source: string) => new RegExp(source.replaceAll('GAP', GAP).replaceAll('LITERAL', LITERAL), 'g');

const PLUS = pattern(String.raw`(["'${'`'}])GAP\)?GAP\+GAP\(?GAP(["'${'`'}])`);
const HOLE = pattern(String.raw`\$\{GAP(LITERAL)GAP\}`);
const CONCAT = pattern(String.raw`(LITERAL)\)?((?:GAP\.concat\(GAPLITERAL(?:GAP,GAPLITERAL)*GAP\))+)`);
const JOIN = pattern(String.raw`\[GAP(LITERAL(?:GAP,GAPLITERAL)+)GAP,?GAP\]GAP\.join\(GAP(LITERAL)?GAP\)`);
const BASE64 = pattern(String.raw`(?:\batob\(GAP(LITERAL)GAP\))`);
const BUFFER = pattern(
  String.raw`\bBuffer\.from\(GAP(LITERAL)GAP,GAP["'](base64|base64url|hex)["']GAP\)(?:\.toString\([^)]{0,20}\))?`,
);
const CODES = pattern(String.raw`\bString\.from(?:CharCode|CodePoint)\(([\s\d,xa-f]{2,3000})\)`);
/** A list of at least twelve bytes. */
const BYTES = /(?:\b(?:0x[\da-f]{1,2}|\d{1,3})\s*,\s*){11,}(?:0x[\da-f]{1,2}|\d{1,3})\b/gi;

const LITERALS = new RegExp(LITERAL, 'g');
const contentOf = (literal: string) => literal.slice(1, -1);
const contentsOf = (list: string) => (list.match(LITERALS) ?? []).map(contentOf);
const literalOf = (text: string) => `"${text}"`;
const isPrintable = (text: string) => /^[\t\n\r -~]+$/.test(text);

/** Puts the parts of split literals together: `'read_' + '0c1f'`, templates, `concat`, `join`, codes of characters. */
export function joinLiterals(view: View): View {
  const { text } = view;
  let joined = view;
  if (text.includes('String.from')) joined = rewrite(joined, CODES, ([, codes]) => decodeCodes(codes!));
  joined = rewrite(joined, BYTES, ([list]) => decodeCodes(list));
  if (text.includes('atob')) joined = rewrite(joined, BASE64, ([, literal]) => decodeBase(literal!, 'base64'));
  if (text.includes('Buffer'))
    joined = rewrite(joined, BUFFER, ([, literal, encoding]) => decodeBase(literal!, encoding as BufferEncoding));
  if (text.includes('.join')) {
    joined = rewrite(joined, JOIN, ([, list, separator]) =>
      literalOf(contentsOf(list!).join(separator === undefined ? ',' : contentOf(separator))),
    );
  }
  if (text.includes('.concat'))
    joined = rewrite(joined, CONCAT, ([, first, calls]) => literalOf(contentOf(first!) + contentsOf(calls!).join('')));
  if (text.includes('${')) joined = rewrite(joined, HOLE, ([, literal]) => contentOf(literal!));
  return joinSums(joined);
}

/** Only sums of literals. */
export const joinSums = (view: View): View => (view.text.includes('+') ? rewrite(view, PLUS, () => '') : view);

function decodeCodes(list: string): string | undefined {
  const codes = list.split(',').map(Number);
  if (codes.some((code) => !(code < 127 && (code >= 32 || code === 9 || code === 10)))) return undefined;
  return literalOf(String.fromCharCode(...codes));
}

function decodeBase(literal: string, encoding: BufferEncoding): string | undefined {
  const text = Buffer.from(contentOf(literal), encoding).toString('latin1');
  return isPrintable(text) ? literalOf(text) : undefined;
}
