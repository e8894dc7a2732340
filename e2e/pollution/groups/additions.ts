// Members that other scripts add to prototypes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../fixtures/paths.ts';
import type { Pollution } from '../pollution.ts';

const PROTOTYPES = [
  'Object',
  'Array',
  'String',
  'Function',
  'Promise',
  'Number',
  'Boolean',
  'Date',
  'RegExp',
  'Map',
  'Set',
  'Symbol',
  'Error',
  'Uint32Array',
  'Response',
  'EventTarget',
  'IDBRequest',
  'Event',
];

/** mailslot's own global. The window inherits from `EventTarget.prototype` and `Object.prototype`. */
const OWN_GLOBAL = 'mailslot';

/** The language or the browser reads these from every object, so with them no script works. */
const READ_BY_THE_PLATFORM =
  /^(then|get|set|value|writable|enumerable|configurable|done|next|return|throw|toJSON|toString|valueOf|constructor|prototype)$/;

/** The browser reads these from the objects that its functions take. */
const DICTIONARY_MEMBERS = [
  'method',
  'headers',
  'body',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'signal',
  'duplex',
  'priority',
  'window',
  'ifAvailable',
  'steal',
  'durability',
  'timeout',
  'keyPath',
  'autoIncrement',
  'capture',
  'once',
  'passive',
];

/** All words of the built files: names of options, of members of events and of answers, and of mailslot's own objects. */
function words(): string[] {
  const text = ['index.js', 'mailslot.js', 'stub.js'].map((file) => readFileSync(join(root, 'dist', file), 'utf8'));
  const found = new Set(text.join('\n').match(/[A-Za-z_$][\w$]*/g));
  return [...found]
    .filter((word) => word !== OWN_GLOBAL && !READ_BY_THE_PLATFORM.test(word) && !DICTIONARY_MEMBERS.includes(word))
    .sort();
}

/** Adds members with these names, unless the prototype has them. `descriptor` is the source of a function. */
const add = (prototype: string, names: readonly string[], descriptor: string) => `
  for (const name of ${JSON.stringify(names)})
    if (!(name in ${prototype}.prototype)) Object.defineProperty(${prototype}.prototype, name, (${descriptor})(name));`;

const member = (value: string, enumerable: boolean) =>
  `() => ({ __proto__: null, value: ${value}, writable: true, configurable: true, enumerable: ${enumerable} })`;

const NAMES = words();
/**
 * No assignment gives an object a member that it inherits as a constant. So no page has such constants with the names of
 * mailslot's own members, of the stub's, or of those that idb-keyval gives to a request.
 */
const ASSIGNED = /^(track|flush|pending|setWriteKey|setConsent|use|close|[a-zA-Z]|on(success|error|complete|abort))$/;
/** idb-keyval reads it from a transaction, which has none. */
const READ_FROM_TRANSACTIONS = 'result';
/** As a polyfill without `defineProperty` does it. */
const FUNCTION = `function () { return 'of another script'; }`;
const VALUES = {
  text: `'of another script'`,
  true: 'true',
  null: 'null',
  number: '7',
  object: `{ of: 'another script' }`,
};

export const additions: readonly Pollution[] = [
  ...PROTOTYPES.map((prototype) => ({
    name: `enumerable functions on ${prototype}.prototype`,
    script: add(prototype, NAMES, member(FUNCTION, true)),
  })),
  ...PROTOTYPES.slice(0, 5).map((prototype) => ({
    name: `functions on ${prototype}.prototype that are not enumerable`,
    script: add(prototype, NAMES, member(FUNCTION, false)),
  })),
  ...Object.entries(VALUES).map(([kind, value]) => ({
    name: `values on Object.prototype: ${kind}`,
    script: add('Object', NAMES, member(value, true)),
  })),
  ...['Object', 'Array', 'String', 'Function'].map((prototype) => ({
    name: `getters on ${prototype}.prototype that throw`,
    script: add(
      prototype,
      NAMES.filter((name) => name !== READ_FROM_TRANSACTIONS),
      `(name) => ({ __proto__: null, enumerable: true, configurable: true, get() { throw new Error('a getter of another script: ' + name); }, set(value) {
        Object.defineProperty(this, name, { __proto__: null, value, writable: true, configurable: true, enumerable: true }); } })`,
    ),
  })),
  {
    name: 'constants on Object.prototype',
    script: add(
      'Object',
      NAMES.filter((name) => !ASSIGNED.test(name)),
      `() => ({ __proto__: null, value: ${FUNCTION}, enumerable: true })`,
    ),
  },
  {
    name: "members of the browser's options on Object.prototype",
    script: add('Object', DICTIONARY_MEMBERS, member(FUNCTION, true)),
  },
  {
    name: 'frozen prototypes',
    script: `for (const one of [${PROTOTYPES}]) Object.freeze(one.prototype);`,
  },
  {
    name: 'frozen constructors and namespaces',
    script: `for (const one of [${PROTOTYPES}, Math, JSON, Reflect]) { Object.freeze(one); if (one.prototype) Object.freeze(one.prototype); }`,
  },
];
