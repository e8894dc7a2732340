import { isLabelled } from '../../key.ts';
import type { Match } from './finding.ts';
import { findRandom, isRandom, isRandomSegment, isScrambled } from './random.ts';

/** Characters between the end of a label and the random text, as in `read-only-0c1f…`. */
const MAX_BETWEEN = 14;
/** A label with all that stands before it, as in `keen-live-read-0c1f…`. */
const MAX_HEAD_CHARS = 40;
/** Longer runs are data. */
const MAX_KEY_CHARS = 400;

interface Label {
  /** In small letters. */
  word: string;
  end: number;
}

/** The first label of a text: the shortest part that the guard refuses. The text must be labelled. */
function labelOf(text: string): Label {
  let end = 1;
  while (end < text.length && !isLabelled(text.slice(0, end))) end++;
  let start = end - 1;
  while (start > 0 && !isLabelled(text.slice(start, end))) start--;
  return { word: text.slice(start, end).toLowerCase(), end };
}

/** The class of key that a labelled text names: `read`, `master`, or its own word. */
export function classOf(text: string): string {
  const word = labelOf(text).word.replace(/[^a-z]/g, '');
  if (/^(read|quer|rk)/.test(word)) return 'read';
  return { mk: 'master', sk: 'secret' }[word] ?? word;
}

/** Keys with a label in front: `read_0c1f…`, `keen_master_0c1f…`, `readKey0c1f…`, `master:0c1f…`, `sk_live_0c1f…`. */
export function* findLabelled(text: string): Generator<Match> {
  for (const pattern of RUNS) {
    for (const { index, 0: run } of text.matchAll(pattern)) {
      if (run.length > MAX_KEY_CHARS || (!/\d/.test(run) && run.length < 20)) continue;
      const head = headOf(text, index, run);
      if (head === undefined || isFileName(text, index + run.length)) continue;
      yield { at: index, value: run, keyClass: classOf(head), evidence: 'label' };
    }
  }
}

/** Words with `-` and `_`, and those with `+` and `/`, as in base64. */
const RUNS = [/(?<![\w-])[\w-]{10,}/g, /(?<![\w+/-])(?=[\w-]+[+/])[\w+/-]{20,}/g];

/** What stands before the random text of a labelled key, with the label near its end; `undefined` for other text. */
function headOf(text: string, index: number, run: string): string | undefined {
  if (isLabelled(run)) {
    for (const at of cutsOf(run)) {
      const head = run.slice(0, at);
      if (endsWithLabel(head)) return head;
    }
  }
  // The label is another word: `master:0c1f…`. Behind a dot or slash that is only a key if nothing stands before it.
  const [, start, word] =
    /(^|.)(?<![\w-])([A-Za-z][\w-]{1,30}[:./])$/s.exec(text.slice(Math.max(0, index - 40), index)) ?? [];
  if (word === undefined || !isRandom(run) || /^0x/i.test(run)) return undefined;
  const isWhole = start === '' || /[\s"'`>=@]/.test(start!);
  if (!isWhole && !(word.endsWith(':') && start === '/')) return undefined;
  if (/^\d+$/.test(run) && !/["'`]/.test(start!)) return undefined;
  return endsWithLabel(word) && isLabelled(word + run) ? word : undefined;
}

/** Places in a run where the random text of a key can begin. */
function cutsOf(run: string): number[] {
  const random = findRandom(run);
  // In base64url, separators divide the random text, and its first part can be short.
  const before = [...run.slice(0, random < 0 ? MAX_HEAD_CHARS : random).matchAll(/[_-]/g)]
    .map(({ index }) => index! + 1)
    .filter((at) => at !== random && isScrambled(run.slice(at)));
  if (random < 0) return before;
  const [segment] = /^[A-Za-z\d]+/.exec(run.slice(random))!;
  // The label can be in the same segment: `readKey0c1f…`, `MASTER0123…`.
  const inside = [...segment.slice(0, 24).matchAll(/(?<=[a-z])(?=[A-Z\d])|(?<=[A-Z])(?=\d)/g)]
    .map(({ index }) => index!)
    .filter((at) => isRandomSegment(segment.slice(at)));
  return [...before, random, ...inside.map((at) => random + at)];
}

function endsWithLabel(head: string): boolean {
  // Random text in front, as in base64url with a label inside, is no product's name.
  if (head.length > MAX_HEAD_CHARS || !/^([A-Za-z]{2,}\d{0,2}[^A-Za-z\d]*)+$/.test(head) || !isLabelled(head))
    return false;
  let start = head.length - 1;
  while (start > 0 && !isLabelled(head.slice(start))) start--;
  const { word, end } = labelOf(head.slice(start));
  // The guard decodes base64 too, whose case matters. Here decoded text is looked at by itself.
  return head.length - start - end <= MAX_BETWEEN && isLabelled(word) && isLabelled(word.toUpperCase());
}

/** A hash in a file's name: `admin-8f3d2a1c9b7e.js`. */
const isFileName = (text: string, end: number) =>
  /^(\.[a-z]{2,9})?\.[a-z][a-z\d]{1,4}\b/.test(text.slice(end, end + 16));

/** JSON Web Tokens whose claims the guard refuses. */
export function* findTokens(text: string): Generator<Match> {
  for (const { index, 0: token, 1: payload } of text.matchAll(/\beyJ[\w-]{8,2000}\.(eyJ[\w-]{8,8000})(?:\.[\w-]*)?/g)) {
    const claims = Buffer.from(payload!, 'base64url').toString();
    if (isJson(claims) && isLabelled(claims))
      yield { at: index, value: token, keyClass: classOf(claims), evidence: 'label' };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Keen's Access Keys as objects, if they permit anything but `writes`. */
export function* findAccessKeys(text: string): Generator<Match> {
  for (const { index, 1: list } of text.matchAll(/\bpermitted["'`]?\s*:\s*\[([^\]]{1,200})\]/g)) {
    const permitted = [...list!.matchAll(/["'`](\w+)["'`]/g)].map(([, name]) => name);
    if (!permitted.some((name) => name !== 'writes')) continue;
    const around = text.slice(Math.max(0, index - 500), index + 700);
    const key = /(?<![\w-])["'`]?key["'`]?\s*:\s*["'`]([!-~]{16,})["'`]/.exec(around)?.[1];
    if (key) yield { at: index, value: key, keyClass: 'read', evidence: 'label' };
  }
}
