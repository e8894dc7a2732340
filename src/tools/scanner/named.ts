import { checkKey, isLabelled } from '../../key.ts';
import type { Match } from './finding.ts';
import { classOf } from './labelled.ts';
import { findRandom, isRandom } from './random.ts';

/** A name, then `:` or `=`, then a value: in code, JSON, HTML, an .env file or a URL. */
const NAMED = /(?<![\w-])([A-Za-z][\w-]{4,60})["'`]?\]?\s{0,3}[:=]\s{0,3}(["'`]?)([\w+/=.~-]{16,200})/g;

/**
 * Keys without a label of their own, in an option, attribute or variable with such a name: `readKey: '0c1f…'`,
 * `data-admin-token="0c1f…"`, `"VITE_MASTER_KEY":"0c1f…"`. A `writeKey` with the shape of Keen's Master keys too.
 */
export function* findNamed(text: string): Generator<Match> {
  for (const { index, 0: whole, 1: name, 2: quote, 3: value } of text.matchAll(NAMED)) {
    const at = index + whole.length - value!.length;
    if (!quote && /^(0x|\d+n?$)/i.test(value!)) continue;
    const keyClass = /write[_-]?key$/i.test(name!) ? classByShape(value!) : classByName(name!, value!);
    if (keyClass) yield { at, value: value!, keyClass, evidence: 'name' };
  }
}

/** Many names have such a word, `exportId` say. Only of these a random value is a key. */
const HOLDS_KEY = /key|token|secret|passw/i;

/** Random text begins a key, perhaps behind a version or a label. In other values it is somewhere, as in a path. */
const MAX_BEFORE = 10;

function classByName(name: string, value: string): string | undefined {
  if (!HOLDS_KEY.test(name) || !isLabelled(name) || !isRandom(value)) return undefined;
  return findRandom(value) <= MAX_BEFORE ? classOf(name) : undefined;
}

/** Of 32 or 64 hex digits, which the guard refuses. Those of 24 are the project's id, which is public. */
function classByShape(value: string): string | undefined {
  if (!/^([\da-f]{32}|[\da-f]{64})$/i.test(value)) return undefined;
  try {
    checkKey(value, '');
    return undefined;
  } catch {
    return 'master';
  }
}
