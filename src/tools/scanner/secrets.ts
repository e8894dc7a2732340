import { createHash } from 'node:crypto';
import { isLabelled } from '../../key.ts';
import type { Match } from './finding.ts';
import { classOf } from './labelled.ts';
import { isRandom } from './random.ts';

/** A key that is known by its value: the value of a variable of the environment. */
export interface Secret {
  /** The variable. */
  name: string;
  value: string;
  keyClass: string;
}

/** A key that is known by its hash. */
export interface Fingerprint {
  /** SHA-256 in 64 hex digits. */
  sha256: string;
  keyClass: string;
  /** The key's id in the collector. */
  id?: string;
}

const MIN_VALUE_CHARS = 10;
/** Part of a split key: shorter ones can be in any text. */
const MIN_PART_CHARS = 12;
/** A collector takes no shorter key. */
const MIN_KEY_CHARS = 16;
const MAX_KEY_CHARS = 512;

/** The variables whose names say that they hold a key that can read or manage, and whose values can be one. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): Secret[] {
  return Object.entries(env).flatMap(([name, given]) => {
    const value = given?.trim() ?? '';
    return isLabelled(name) && isKeyLike(name, value) ? [{ name, value, keyClass: classOf(name) }] : [];
  });
}

/** `READ_TIMEOUT=5000000000`, `MASTER_HOST=db.example` and `EXPORT_DIR=/data` are no keys. */
function isKeyLike(name: string, value: string): boolean {
  if (!/^[!-~]+$/.test(value) || value.length < MIN_VALUE_CHARS || /^([./~]|\w+:\/\/|\d+$)/.test(value)) return false;
  if (!/key|token|secret|passw/i.test(name) || /_(file|path|url|host|id|name)$/i.test(name)) return isRandom(value);
  return /\d/.test(value) || value.length >= MIN_KEY_CHARS;
}

/** Values of the environment, whole or in parts of a split literal. */
export function* findSecrets(text: string, secrets: Secret[]): Generator<Match> {
  for (const { name, value, keyClass } of secrets) {
    const found = { value, keyClass, evidence: 'environment', name } as const;
    const reversed = [...value].reverse().join('');
    for (const form of new Set([value, encodeURIComponent(value), reversed])) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) yield { ...found, at };
    }
  }
  if (!secrets.length) return;
  for (const { index, 0: part } of text.matchAll(/[\w.~+/=-]{12,}/g)) {
    for (const { name, value, keyClass } of secrets) {
      if (part.length < Math.max(MIN_PART_CHARS, value.length / 3) || part === value) continue;
      if (value.includes(part)) yield { at: index, value, keyClass, evidence: 'environment', name, isPart: true };
    }
  }
}

/**
 * The ways in which a text is divided into words. A key without a label has no mark of its own, so each word is hashed
 * as the collector hashes keys.
 */
const WORDS = [/[^\s"'`<>]{16,}/g, /[\w.~+/=:-]{16,}/g, /[\w-]{16,}/g, /[A-Za-z\d]{16,}/g];

/** Keys by their hash. */
export function* findByHash(text: string, fingerprints: Map<string, Fingerprint>): Generator<Match> {
  if (!fingerprints.size) return;
  const seen = new Set<string>();
  for (const pattern of WORDS) {
    for (const { index, 0: word } of text.matchAll(pattern)) {
      if (word.length > MAX_KEY_CHARS || seen.has(word)) continue;
      seen.add(word);
      const found = fingerprints.get(createHash('sha256').update(word).digest('hex'));
      if (!found) continue;
      const { keyClass, id } = found;
      yield { at: index, value: word, keyClass, evidence: 'fingerprint', ...(id !== undefined && { name: id }) };
      // The same key can be in several places.
      seen.delete(word);
    }
  }
}
