import { isLabelled } from '../../key.ts';
import { LITERAL } from './joints.ts';
import { rewrite, type View } from './view.ts';

const NAME = String.raw`(?:[A-Za-z_$][\w$]*\.){0,4}[A-Za-z_$][\w$]*`;

/** `name = "literal"`, `name: "literal"` and `name += "literal"`. */
const ASSIGNMENT = new RegExp(
  `(?<![\\w$])([\\w$]{1,60})["'\`]?\\s{0,3}(\\+=|=|:)\\s{0,3}(${LITERAL})(?=\\s{0,3}(?:[;,)}\\n]|$))`,
  'g',
);

/** The places where parts are put together; each has a group of its own. */
const USES = new RegExp(
  [
    String.raw`(?<left>(?<![\w$.])${NAME})(?=\)?\s{0,3}\+\s{0,3}[\w$"'(${'`'}])`,
    String.raw`(?<=\+\s{0,3}\(?)(?<right>${NAME})(?![\w$(.[])`,
    String.raw`(?<=\.concat\(\s{0,3})(?<argument>${NAME})(?=\s{0,3}[,)])`,
    String.raw`\$\{\s{0,3}(?<hole>${NAME})\s{0,3}\}`,
    String.raw`\[(?<list>[^[\]]{3,300})\](?=\s{0,3}\.join\()`,
  ].join('|'),
  'g',
);
const PARTS = new RegExp(`${LITERAL}|${NAME}`, 'g');
/** Longer text is no key. */
const MAX_CHARS = 300;

/** Texts that a variable or property holds, by offset. */
type Values = Map<string, { at: number; text: string }[]>;

/**
 * Replaces variables by their literals where they are put together. Names are not resolved by scope: of several literals
 * the nearest one before counts, because minifiers use a name again and again.
 */
export function resolveVariables(view: View): View {
  const { values, appended } = findValues(view.text);
  if (![...values.values()].some((all) => all.some(({ text }) => isTelling(text)))) return view;
  const textIn = (path: string, at: number): string | undefined => {
    const all = values.get(path.slice(path.lastIndexOf('.') + 1));
    return (all?.findLast((value) => value.at < at) ?? all?.[0])?.text;
  };
  const literalOf = (path: string, at: number) => {
    const value = textIn(path, at);
    return value === undefined ? undefined : `"${value}"`;
  };
  const resolved = rewrite(view, USES, ({ index, groups }) => {
    const { left, right, argument, hole, list } = groups!;
    if (hole !== undefined) return textIn(hole, index);
    if (list === undefined) return literalOf((left ?? right ?? argument)!, index);
    return `[${list.replace(PARTS, (part) => (/^["'`]/.test(part) ? part : (literalOf(part, index) ?? part)))}]`;
  });
  if (!appended.length) return resolved;
  // What is put together by `+=` is added at the end, at the place of the last `+=`.
  const added = appended.map(({ text }) => `\n"${text}"`).join('');
  const start = resolved.text.length;
  return {
    text: resolved.text + added,
    changes: [...resolved.changes, { start, end: start + added.length }],
    originOf(at) {
      let rest = at - start;
      for (const { at: origin, text } of rest < 0 ? [] : appended) {
        rest -= text.length + 3;
        if (rest < 0) return view.originOf(origin);
      }
      return resolved.originOf(at);
    },
  };
}

/** Whether a literal can be a part of a key: random characters, a label, or a separator. */
const isPart = (content: string) =>
  /^[\w.~+/=:%-]+$/.test(content) && (/\d|[_:.=-]$|^[a-f]{3,}$|.{20}/.test(content) || isLabelled(content));

/** A label, or a longer random part. Without one in a variable, literals alone make up every key. */
const isTelling = (content: string) =>
  isLabelled(content) || (/[A-Za-z\d]{8}/.test(content) && /\d/.test(content) && /[A-Za-z]/.test(content));

function findValues(text: string): { values: Values; appended: { at: number; text: string }[] } {
  const values: Values = new Map();
  const appended: { at: number; text: string }[] = [];
  for (const { index, 1: name, 2: operator, 3: literal } of text.matchAll(ASSIGNMENT)) {
    const content = literal!.slice(1, -1);
    if (!isPart(content)) continue;
    const all = values.get(name!) ?? [];
    const before = operator === '+=' ? all.at(-1)?.text : undefined;
    const whole = (before ?? '') + content;
    if (whole.length > MAX_CHARS) continue;
    if (before !== undefined) appended.push({ at: index, text: whole });
    all.push({ at: index, text: whole });
    values.set(name!, all);
  }
  return { values, appended };
}
