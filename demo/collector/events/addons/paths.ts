import { isObject, type JsonObject } from '../../model/json.ts';

/** A property's path, such as `page.url`, as a list of names. */
export type Path = readonly string[];

export function valueAt(object: JsonObject, [name, ...rest]: Path): unknown {
  if (!Object.hasOwn(object, name!)) return undefined;
  const value = object[name!];
  if (!rest.length) return value;
  return isObject(value) ? valueAt(value, rest) : undefined;
}

/** Copies the object without the property at the path. Returns the same object if there is no such property. */
export function without(object: JsonObject, [name, ...rest]: Path): JsonObject {
  if (!Object.hasOwn(object, name!)) return object;
  const { [name!]: value, ...others } = object;
  if (!rest.length) return others;
  return isObject(value) ? { ...object, [name!]: without(value, rest) } : object;
}

/** Copies the object without the property at the path, and without a property on the way that is not an object. */
export function withRoomAt(object: JsonObject, [name, ...rest]: Path): JsonObject {
  if (!Object.hasOwn(object, name!)) return object;
  const { [name!]: value, ...others } = object;
  return rest.length && isObject(value) ? { ...object, [name!]: withRoomAt(value, rest) } : others;
}

/**
 * Copies the object, with the properties of `value` merged into the object at the path, which is created if it is
 * missing. Returns `undefined` if the path leads through a value that is not an object. The copy shares everything
 * beside the path with the original.
 */
export function withMerged(object: JsonObject, [name, ...rest]: Path, value: JsonObject): JsonObject | undefined {
  const current = Object.hasOwn(object, name!) ? (object[name!] ?? {}) : {};
  if (!isObject(current)) return undefined;
  const merged = rest.length ? withMerged(current, rest, value) : { ...current, ...value };
  // A computed name, because it creates an own property even for `__proto__`.
  return merged && { ...object, [name!]: merged };
}
