import { contentsOf, textOf } from './content.ts';
import { findEncoded } from './encoded.ts';
import { unescapeAll, unescapeCss } from './escapes.ts';
import type { Finding, Match } from './finding.ts';
import { joinLiterals } from './joints.ts';
import { findAccessKeys, findLabelled, findTokens } from './labelled.ts';
import { findNamed } from './named.ts';
import { type Fingerprint, findByHash, findSecrets, type Secret } from './secrets.ts';
import { resolveVariables } from './variables.ts';
import { asKnown, lastAtMost, type Range, type View, viewOf } from './view.ts';

/** Looks for keys that can read or manage. */
export interface Scanner {
  /**
   * Scans one file.
   *
   * @param file its path, for the findings; its extension tells whether it is compressed
   * @param content text, or the bytes of any file
   * @returns the keys in it, in the order of their places
   */
  scan(file: string, content: string | Uint8Array): Finding[];
}

export interface KnownKeys {
  secrets?: Secret[];
  fingerprints?: Fingerprint[];
}

/** Encodings inside of encodings: an inline source map holds code that holds base64 that holds a token. */
const MAX_DEPTH = 4;
/** Code in a string in code, as in webpack's `eval` builds. */
const MAX_ROUNDS = 3;

/** The more certain evidence of a key comes first. */
const CERTAINTY = ['environment', 'fingerprint', 'label', 'name'];

export function createScanner({ secrets = [], fingerprints = [] }: KnownKeys = {}): Scanner {
  const byHash = new Map(fingerprints.map((fingerprint) => [fingerprint.sha256, fingerprint]));

  function* findAll(text: string, resolved: boolean): Generator<Match> {
    yield* findSecrets(text, secrets);
    yield* findByHash(text, byHash);
    yield* findLabelled(text);
    // With variables replaced by the nearest literal, a name says nothing about its value.
    if (resolved) return;
    yield* findTokens(text);
    yield* findAccessKeys(text);
    yield* findNamed(text);
  }

  /** The matches of a text in all views of it, with offsets in the text itself. */
  function* matchesOf(text: string, file: string, depth: number): Generator<Match> {
    for (const { view, resolved } of viewsOf(text, file)) {
      for (const part of changedParts(view)) {
        const originOf = (at: number) => view.originOf(part.at + at);
        for (const match of findAll(part.text, resolved)) yield { ...match, at: originOf(match.at) };
        if (depth === MAX_DEPTH) continue;
        for (const { at, bytes } of findEncoded(part.text)) {
          for (const content of contentsOf(textOf('', bytes)))
            for (const match of matchesOf(content.text, '', depth + 1)) yield { ...match, at: originOf(at) };
        }
      }
    }
  }

  function scanText(file: string, text: string, source?: string): Finding[] {
    const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index! + 1)];
    const found = new Map<string, Finding>();
    const matches = [...matchesOf(text, source ?? file, 0)];
    matches.sort((a, b) => CERTAINTY.indexOf(a.evidence) - CERTAINTY.indexOf(b.evidence));
    for (const { at, keyClass, evidence, name } of withoutRepeats(matches)) {
      const line = lastAtMost(lineStarts, at);
      const place = {
        file,
        ...(source !== undefined && { source }),
        line: line + 1,
        column: at - lineStarts[line]! + 1,
      };
      found.set(`${at}`, { ...place, keyClass, evidence, ...(name !== undefined && { name }) });
    }
    return [...found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  return {
    scan(file, content) {
      const text = typeof content === 'string' ? content : textOf(file, content);
      return contentsOf(text).flatMap((part) => scanText(file, part.text, part.source));
    },
  };
}

interface Step {
  view: View;
  /** Whether variables have been replaced by literals. */
  resolved: boolean;
}

/** The text as it is, then with each further step of decoding, as long as these change something. */
function* viewsOf(text: string, file: string): Generator<Step> {
  let view = viewOf(text);
  let resolved = false;
  yield { view, resolved };
  if (/\.css(\.|$)/i.test(file)) yield { view: unescapeCss(asKnown(view)), resolved };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { text: before } = view;
    view = joinLiterals(unescapeAll(asKnown(view)));
    yield { view, resolved };
    for (let step = 0; step < MAX_ROUNDS; step++) {
      const next = joinLiterals(resolveVariables(asKnown(view)));
      if (!next.changes.length) break;
      view = next;
      resolved = true;
      yield { view, resolved };
    }
    if (view.text === before) return;
  }
}

interface Part {
  at: number;
  text: string;
}

/** Characters around a change that are looked at again, because it can complete a key. */
const CONTEXT_CHARS = 300;

/** The changed parts of a view, with their surroundings. */
function* changedParts({ text, changes }: View): Generator<Part> {
  let part: Range | undefined;
  const cut = ({ start, end }: Range) => ({ at: start, text: text.slice(start, end) });
  for (const change of changes) {
    const start = Math.max(0, change.start - CONTEXT_CHARS);
    const end = Math.min(text.length, change.end + CONTEXT_CHARS);
    if (part && start <= part.end) {
      part.end = Math.max(part.end, end);
      continue;
    }
    if (part) yield cut(part);
    part = { start, end };
  }
  if (part) yield cut(part);
}

/** Each key once at a place, although several rules and views have found it. The list begins with the most certain. */
function withoutRepeats(matches: Match[]): Match[] {
  const kept: Match[] = [];
  /** By place, so that each match is compared with those near to it only. */
  const near = new Map<number, Match[]>();
  for (const match of matches) {
    const block = Math.floor(match.at / BLOCK_CHARS);
    const others = [block - 1, block, block + 1].flatMap((other) => near.get(other) ?? []);
    if (others.some((other) => isSameKey(match, other))) continue;
    kept.push(match);
    near.set(block, [...(near.get(block) ?? []), match]);
  }
  return kept;
}

/** More than a key has. */
const BLOCK_CHARS = 1024;
/** Characters between the parts of a split key. */
const MAX_JOINT_CHARS = 20;

function isSameKey(a: Match, b: Match): boolean {
  const distance = Math.abs(a.at - b.at);
  const joint = a.isPart || b.isPart ? MAX_JOINT_CHARS : 0;
  const isWithin = a.value.includes(b.value) || b.value.includes(a.value);
  return distance === 0 || (isWithin && distance < Math.max(a.value.length, b.value.length) + joint);
}
