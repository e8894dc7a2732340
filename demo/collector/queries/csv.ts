import { isObject, type JsonObject } from '../model/json.ts';

// CSV as in RFC 4180. Spreadsheets run text that begins like a formula, and anyone with a Write key can send such text, so
// it gets an apostrophe in front.

const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /^$|^\s|[",\r\n]|\s$/;

/** The line of the columns' names. */
export const csvHeader = (paths: string[]): string => line(paths.map(text));

/**
 * The line of an event. A missing property or `null` is an empty cell, and an empty string `""`. Lists and objects are
 * JSON.
 */
export function csvRow(event: string, paths: string[]): string {
  const parsed = JSON.parse(event) as JsonObject;
  return line(paths.map((path) => cell(valueAt(parsed, path))));
}

const line = (cells: string[]) => `${cells.join()}\r\n`;

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return text(value);
  // Neither begins like a formula, but a number can have a minus.
  return typeof value === 'object' ? text(JSON.stringify(value)) : String(value);
}

function text(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function valueAt(event: JsonObject, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), event);
}
