import { isObject, type JsonObject } from '../model/json.ts';

/** The JSON text of an event with only the properties at these dotted paths; those it lacks are left out. */
export function project(event: string, paths: string[]): string {
  const source = JSON.parse(event) as JsonObject;
  const target = bare();
  for (const path of paths) copy(source, target, path.split('.'));
  return JSON.stringify(target);
}

function copy(source: JsonObject, target: JsonObject, [name, ...rest]: string[]): void {
  if (name === undefined || !Object.hasOwn(source, name)) return;
  const value = source[name];
  if (!rest.length) {
    target[name] = value;
  } else if (isObject(value)) {
    // A parent that was asked for as a whole already holds what is below it.
    if (target[name] !== value) copy(value, (target[name] ??= bare()) as JsonObject, rest);
  }
}

/** No prototype, so that a property called `__proto__` is one like any other. */
const bare = (): JsonObject => Object.create(null) as JsonObject;
