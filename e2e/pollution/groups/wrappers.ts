// Wrappers around the browser's functions, as monitoring scripts and polyfills have them.
import type { Pollution } from '../pollution.ts';
import { browserUses, USES } from '../uses.ts';

const each = (wrapper: string, paths: readonly string[], ...values: number[]) =>
  paths.map((path) => `wrap.${wrapper}(${[JSON.stringify(path), ...values]});`).join('\n');

/** What old browsers and strict pages do not have. */
const OPTIONAL = /^(new )?\w+$|^(Navigator|Document)\.prototype|^AbortSignal|commit$/;
/** Results and events come from the browser itself, and no script replaces their members. */
const RESULT =
  /^(Event|HTMLElement|IDBRequest|IDBObjectStore|Response)\.prototype\.(type|dataset|result|transaction|headers|status)$/;
const replaceable = browserUses.filter((path) => !RESULT.test(path));
const FOREVER = 1e9;

const LOSSES: Record<string, string> = {};

export const wrappers: readonly Pollution[] = [
  { name: 'wrappers that use their receiver', script: each('strict', USES) },
  { name: 'wrappers that delay promises and callbacks', script: each('asynchronous', browserUses) },
  ...replaceable.map((path) => ({
    name: `${path} throws once`,
    script: `wrap.throwing(${JSON.stringify(path)}, 1);`,
    warns: 'the failure itself',
  })),
  ...replaceable.map((path) => ({
    name: `${path} always throws`,
    script: `wrap.throwing(${JSON.stringify(path)}, ${FOREVER});`,
    warns: 'the failure itself',
    ...(LOSSES[path] && { loses: LOSSES[path] }),
  })),
  ...browserUses
    .filter((path) => OPTIONAL.test(path))
    .map((path) => ({
      name: `${path} is missing`,
      script: `wrap.missing(${JSON.stringify(path)});`,
      warns: 'the failure itself',
      ...(LOSSES[path] && { loses: LOSSES[path] }),
    })),
];
