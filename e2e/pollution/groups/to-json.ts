// `toJSON` on prototypes, as libraries have it that are older than `JSON`.
import type { Pollution } from '../pollution.ts';

const FLAVOURS = {
  'JSON as a string': `function () {
    const { toJSON } = Object.prototype;
    return Array.isArray(this) ? '[' + Array.prototype.join.call(this, ', ') + ']' : '"' + this + '"';
  }`,
  nothing: 'function () {}',
  'an error': `function () { throw new Error('toJSON of another script'); }`,
  'a number': 'function () { return 7; }',
  'another object': `function () { return { n: this.n, of: 'another script' }; }`,
};

const PROTOTYPES = ['Object', 'Array', 'String', 'Number', 'Boolean', 'Date'];

/** `JSON.stringify` calls it before anything else can look at the object. */
const CANNOT_BE_WRITTEN = 'no object or no list of the page has JSON';

export const toJson: readonly Pollution[] = PROTOTYPES.flatMap((prototype) =>
  Object.entries(FLAVOURS).map(([result, source]) => ({
    name: `toJSON on ${prototype}.prototype that gives ${result}`,
    script: `${prototype}.prototype.toJSON = ${source};`,
    ...(result === 'an error' && ['Object', 'Array'].includes(prototype) && { loses: CANNOT_BE_WRITTEN }),
  })),
);
