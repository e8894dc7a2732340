// Methods of the language that other scripts have replaced.
import type { Pollution } from '../pollution.ts';

/** As libraries before ES2015 and polyfills have them: right for what they were made for, and no more. */
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
  'Date.prototype.toISOString': `function () { var two = function (n) { return (n < 10 ? '0' : '') + n; }; return this.getUTCFullYear() + '-' + two(this.getUTCMonth() + 1) + '-' + two(this.getUTCDate()) + 'T' + two(this.getUTCHours()) + ':' + two(this.getUTCMinutes()) + ':' + two(this.getUTCSeconds()) + 'Z'; }`,
  'Array.prototype.@@iterator': `function () { var list = this, i = 0; return { next: function () { return i < list.length ? { done: false, value: list[i++] } : { done: true, value: undefined }; } }; }`,
  'Array.prototype.join': `function (separator) { var text = ''; for (var i = 0; i < this.length; i++) text += (i ? (separator === undefined ? ',' : separator) : '') + (this[i] === null || this[i] === undefined ? '' : this[i]); return text; }`,
  'Array.prototype.pop': `function () { var last = this[this.length - 1]; if (this.length) this.length--; return last; }`,
  'Array.prototype.shift': `function () { return this.splice(0, 1)[0]; }`,
  'Array.prototype.reverse': `function () { for (var i = 0, j = this.length - 1; i < j; i++, j--) { var one = this[i]; this[i] = this[j]; this[j] = one; } return this; }`,
  'Array.prototype.sort': `function (compare) { compare = compare || function (a, b) { return '' + a < '' + b ? -1 : 1; }; for (var i = 1; i < this.length; i++) for (var j = i; j > 0 && compare(this[j - 1], this[j]) > 0; j--) { var one = this[j]; this[j] = this[j - 1]; this[j - 1] = one; } return this; }`,
  'Array.prototype.concat': `function () { var result = [], parts = [this].concat.apply ? [this] : []; for (var k = 0; k < arguments.length; k++) parts[parts.length] = arguments[k]; for (var i = 0; i < parts.length; i++) { if (Array.isArray(parts[i])) for (var j = 0; j < parts[i].length; j++) result[result.length] = parts[i][j]; else result[result.length] = parts[i]; } return result; }`,
  'Array.from': `function (list, f) { var result = []; for (var i = 0; i < list.length; i++) result[i] = f ? f(list[i], i) : list[i]; return result; }`,
  'Array.isArray': `function (value) { return Object.prototype.toString.call(value) === '[object Array]'; }`,
  'Object.entries': `function (object) { var entries = []; for (var key in object) if (Object.prototype.hasOwnProperty.call(object, key)) entries.push([key, object[key]]); return entries; }`,
  'Object.create': `function (prototype) { function Made() {} Made.prototype = prototype; var made = new Made(); if (prototype === null) made.__proto__ = null; return made; }`,
  'String.prototype.slice': `function (from, to) { return this.substring(from < 0 ? this.length + from : from, to === undefined ? this.length : to < 0 ? this.length + to : to); }`,
  'Math.max': `function (a, b) { return a > b ? a : b; }`,
  'Math.min': `function (a, b) { return a < b ? a : b; }`,
  'Math.floor': `function (n) { return n - (((n % 1) + 1) % 1); }`,
  'Promise.resolve': `function (value) { return new Promise(function (resolve) { resolve(value); }); }`,
};

/** Libraries that replace these call the platform's own. */
const CALLS_THE_ORIGINAL = [
  'String.prototype.replace',
  'String.prototype.split',
  'RegExp.prototype.test',
  'RegExp.prototype.exec',
  'JSON.stringify',
  'JSON.parse',
];

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

/** What cannot work in such a page: no option can be checked, and no two tokens can be told apart. */
const LOSES: Record<string, string> = {
  'RegExp.prototype.test': 'no option can be checked',
  'RegExp.prototype.exec': 'no option can be checked',
  'Number.prototype.toString': 'no two events have different tokens, so all but the first are refused',
};
const GIVES_UP: Record<string, string> = {
  'Array.prototype.filter': 'a list that cannot be filtered is too long as a whole',
  'Date.prototype.toISOString': 'no event has a time, so the collector rejects it',
};

export const replacements: readonly Pollution[] = [
  {
    name: 'methods as old libraries have them',
    script: Object.entries(NAIVE)
      .map(([path, source]) => `wrap.replaced('${path}', ${source});`)
      .join('\n'),
  },
  ...Object.entries(NAIVE).map(([path, source]) => ({
    name: `${path} as an old library has it`,
    script: `wrap.replaced('${path}', ${source});`,
  })),
  {
    name: 'methods that call the original',
    script: CALLS_THE_ORIGINAL.map((path) => `wrap.strict('${path}');`).join('\n'),
  },
  ...Object.entries(WRONG).map(([path, source]) => ({
    name: `${path} replaced`,
    script: `wrap.replaced('${path}', ${source});`,
    ...(LOSES[path] && { loses: LOSES[path] }),
    ...(GIVES_UP[path] && { givesUp: GIVES_UP[path] }),
  })),
];
