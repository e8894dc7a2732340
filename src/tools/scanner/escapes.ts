import { rewrite, type View } from './view.ts';

/**
 * Escapes of JavaScript and JSON, numeric and the few named character references of HTML that stand for characters of
 * keys, percent-encoding, and the zero bytes of UTF-16.
 */
const ESCAPE =
  /\\(?:x([\da-f]{2})|u([\da-f]{4})|u\{0{0,4}([\da-f]{1,6})\}|([0-3]?[0-7]{1,2})|\r?\n|([^\r\n]))|&(?:#x0*([\da-f]{1,6})|#0*(\d{1,7})|(lowbar|UnderBar|hyphen|dash|colon|period|equals|quot|apos|amp|plus|sol));?|%([\da-f]{2})|\0/gi;

const NAMED: Record<string, string> = {
  lowbar: '_',
  underbar: '_',
  hyphen: '-',
  dash: '-',
  colon: ':',
  period: '.',
  equals: '=',
  quot: '"',
  apos: "'",
  amp: '&',
  plus: '+',
  sol: '/',
};

const CONTROL: Record<string, string> = { n: '\n', r: '\n', t: '\t', b: ' ', f: ' ', v: ' ' };

/** Replaces escapes by their characters, wherever they stand. Text in a string that is code is then code. */
export const unescapeAll = (view: View): View =>
  rewrite(view, ESCAPE, ([, x, u, braced, octal, other, htmlHex, htmlDecimal, named, percent]) => {
    const hex = x ?? u ?? braced ?? htmlHex ?? percent;
    if (hex !== undefined) return character(Number.parseInt(hex, 16));
    if (htmlDecimal !== undefined) return character(Number(htmlDecimal));
    if (octal !== undefined) return character(Number.parseInt(octal, 8));
    if (named !== undefined) return NAMED[named.toLowerCase()];
    if (other !== undefined) return CONTROL[other] ?? other;
    // A line that goes on, or a zero byte.
    return '';
  });

/** CSS: `\72 ` and `\000072`. */
export const unescapeCss = (view: View): View =>
  rewrite(view, /\\([\da-f]{1,6})\s?/gi, ([, hex]) => character(Number.parseInt(hex!, 16)));

const character = (code: number) => (code > 0x10ffff || code === 0 ? '' : String.fromCodePoint(code));
