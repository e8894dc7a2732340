// Methods of the language that other scripts have replaced.
import type { Pollution } from '../pollution.ts';

/** As libraries before ES2015 have them: right for what they were made for, and no more. */
const NAIVE: Record<string, string> = {
  'Array.prototype.map': `function (f) { var result = []; for (var i = 0; i < this.length; i++) result[i] = f(this[i], i); return result; }`,
  'Array.prototype.filter': `function (f) { var result = []; for (var i = 0; i < this.length; i++) if (f(this[i], i)) result[result.length] = this[i]; return result; }`,
  'Array.prototype.forEach': `function (f) { for (var i = 0; i < this.length; i++) f(this[i], i); return this; }`,
  'Array.prototype.push': `function (x) { this[this.length] = x; return this.length; }`,
  'Array.prototype.at': `function (i) { return i < 0 ? this[this.length + i] : this[i]; }`,
  'Array.prototype.some': `function (f) { for (var i = 0; i < this.length; i++) if (f(this[i], i)) return true; return false; }`,
  'Array.prototype.every': `function (f) { for (var i = 0; i < this.length; i++) if (!f(this[i], i)) return false; return true; }`,
  'Array.prototype.flat': `function () { return [].concat.apply([], this); }`,
  'Object.assign': `function (target) { for (var i = 1; i < arguments.length; i++) for (var key in arguments[i]) if (Object.prototype.hasOwnProperty.call(arguments[i], key)) target[key] = arguments[i][key]; return target; }`,
  'Object.keys': `function (object) { var keys = []; for (var key in object) if (Object.prototype.hasOwnProperty.call(object, key)) keys.push(key); return keys; }`,
  'String.prototype.trim': `function () { return this.replace(/^\\s+|\\s+$/g, ''); }`,
  'String.prototype.padStart': `function (length, fill) { var text = '' + this; while (text.length < length) text = fill + text; return text; }`,
  'Function.prototype.bind': `function (receiver) { var f = this; return function () { return f.apply(receiver, arguments); }; }`,
  'Date.now': `function () { return +new Date(); }`,
};

/** Nothing that the tracker writes may depend on these. */
const WRONG: Record<string, string> = {
  'String.prototype.trim': `function () { return 'trimmed'; }`,
  'String.prototype.match': `function () { return null; }`,
  'String.prototype.replace': `function () { return 'replaced'; }`,
  'String.prototype.padStart': `function () { return 'padded'; }`,
  'String.prototype.toString': `function () { return 'text'; }`,
  'Number.prototype.toString': `function () { return 'number'; }`,
  'Array.prototype.toString': `function () { return '[object Array]'; }`,
  'Array.prototype.@@iterator': `function* () { yield 'of another script'; }`,
  'Array.prototype.push': `function (x) { this[this.length] = x; }`,
  'Array.prototype.map': `function (f) { var result = []; for (var i = 0; i < this.length; i++) result[i] = f.call(this[i], this[i]); return result; }`,
  'Array.prototype.filter': `function (f) { return this; }`,
  'Array.prototype.at': `function () {}`,
  'Array.prototype.sort': `function () { return this; }`,
  'RegExp.prototype.test': `function () { return false; }`,
  'RegExp.prototype.exec': `function () { return null; }`,
  'RegExp.prototype.@@match': `function () { return null; }`,
  'Math.random': `function () { return 0.42; }`,
  'Math.max': `function (a, b) { return a > b ? a : b; }`,
  'Date.prototype.toISOString': `function () { return '' + this; }`,
  'Object.keys': `function (object) { var keys = []; for (var key in object) keys.push(key); return keys; }`,
  'Function.prototype.call': `function (receiver, x) { return this.apply(receiver, [x]); }`,
};

/** The tracker's own checks are regular expressions. */
const CHECKS = /^RegExp/;

export const replacements: readonly Pollution[] = [
  {
    name: 'methods as old libraries have them',
    script: Object.entries(NAIVE)
      .map(([path, source]) => `wrap.replaced('${path}', ${source});`)
      .join('\n'),
  },
  ...Object.entries(WRONG).map(([path, source]) => ({
    name: `${path} replaced`,
    script: `wrap.replaced('${path}', ${source});`,
    ...(CHECKS.test(path) && { loses: 'no option can be checked' }),
  })),
];
