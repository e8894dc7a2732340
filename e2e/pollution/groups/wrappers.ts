// Wrappers around the browser's functions, as monitoring scripts, polyfills and extensions have them.
import type { Pollution } from '../pollution.ts';
import { browserUses, USES } from '../uses.ts';

const each = (wrapper: string, paths: readonly string[]) =>
  paths.map((path) => `wrap.${wrapper}(${JSON.stringify(path)});`).join('\n');

/** Results and events come from the browser itself, and no script replaces their members. */
const RESULT =
  /^(Event|HTMLElement|IDBRequest|IDBObjectStore|Response)\.prototype\.(type|dataset|result|transaction|headers|status)$/;
const replaceable = browserUses.filter((path) => !RESULT.test(path));

/** What old browsers and strict pages do not have. */
const OPTIONAL = /^(new )?\w+$|^(Navigator|Document)\.prototype|^AbortSignal|commit$/;

/** No page works without these, or no key can be checked. One failure may cost an event, which is reported. */
const NECESSARY =
  /^(atob|unescape|setTimeout|clearTimeout|navigator|document|performance|Performance\.prototype\.now|.*\.addEventListener)$/;
const ONE_FAILURE = 'a failure that the browser does not have';

/** Without these the tracker cannot know that an event has arrived, so it keeps it. */
const UNREACHABLE = /^(fetch|Response\.prototype\.json|Headers\.prototype\.get)$/;
const NO_ANSWER = 'no answer of the collector can be had or read';

export const wrappers: readonly Pollution[] = [
  { name: 'wrappers that use their receiver', script: each('strict', USES) },
  { name: 'wrappers that delay promises and callbacks', script: each('asynchronous', browserUses) },
  // The stub's only listener.
  ...replaceable
    .filter((path) => path !== 'EventTarget.prototype.addEventListener')
    .map((path) => ({
      name: `${path} throws once`,
      script: `wrap.throwing(${JSON.stringify(path)}, 1);`,
      warns: 'the failure itself',
      ...(NECESSARY.test(path) && { loses: ONE_FAILURE }),
    })),
  ...replaceable
    .filter((path) => !NECESSARY.test(path))
    .map((path) => ({
      name: `${path} always throws`,
      script: `wrap.throwing(${JSON.stringify(path)}, Infinity);`,
      warns: 'the failure itself',
      ...(UNREACHABLE.test(path) && { keeps: NO_ANSWER }),
    })),
  ...browserUses
    .filter((path) => OPTIONAL.test(path) && !NECESSARY.test(path))
    .map((path) => ({
      name: `${path} is missing`,
      script: `wrap.missing(${JSON.stringify(path)});`,
      warns: 'the failure itself',
      ...(UNREACHABLE.test(path) && { keeps: NO_ANSWER }),
    })),
];
