import { isObject, type JsonObject } from '../model/json.ts';

/** Reduces an event's JSON to the properties at these dotted paths. Missing properties are left out. */
export function project(event: string, paths: string[]): string {
  const source = JSON.parse(event) as JsonObject;
  const target = emptyObject();
  for (const path of paths) copy(source, target, path.split('.'));
  return JSON.stringify(target);
}

function copy(source: JsonObject, target: JsonObject, [name, ...rest]: string[]): void {
  if (name === undefined || !Object.hasOwn(source, name)) return;
  const value = source[name];
  if (!rest.length) {
    target[name] = value;
  } else if (isObject(value)) {
    // If another path selects the whole parent, the target already has everything in it.
    if (target[name] !== value) copy(value, (target[name] ??= emptyObject()) as JsonObject, rest);
  }
}

/** Without a prototype, so that `__proto__` can be the name of a property. */
const emptyObject = (): JsonObject => Object.create(null) as JsonObject;
