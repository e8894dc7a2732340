import { isObject, type JsonObject } from '../../model/json.ts';

/** A property's place, such as `page.url`, as the names on the way to it. */
export type Path = readonly string[];

export function valueAt(object: JsonObject, [name, ...rest]: Path): unknown {
  if (!Object.hasOwn(object, name!)) return undefined;
  const value = object[name!];
  if (!rest.length) return value;
  return isObject(value) ? valueAt(value, rest) : undefined;
}

/** The object without what is at the path; the same object where nothing is there. */
export function without(object: JsonObject, [name, ...rest]: Path): JsonObject {
  if (!Object.hasOwn(object, name!)) return object;
  const { [name!]: value, ...others } = object;
  if (!rest.length) return others;
  return isObject(value) ? { ...object, [name!]: without(value, rest) } : object;
}

/**
 * The object with `value`'s properties added to the object at the path, which is made where it is missing; `undefined` where
 * something on the way is no object. What is not on the way is shared with the object that was given, which stays as it was.
 */
export function withMerged(object: JsonObject, [name, ...rest]: Path, value: JsonObject): JsonObject | undefined {
  const held = Object.hasOwn(object, name!) ? (object[name!] ?? {}) : {};
  if (!isObject(held)) return undefined;
  const merged = rest.length ? withMerged(held, rest, value) : { ...held, ...value };
  // A computed name, which makes a property of its own even of `__proto__`.
  return merged && { ...object, [name!]: merged };
}
