import type { Access } from '../model/access.ts';
import { tooLarge } from '../model/errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';

/**
 * What an Access Key's `options.writes.autofill` makes of an event: objects are merged at every depth, and where both have a
 * value the key's one stands, so that whoever holds the key cannot pass for another [U]. Addons of both run.
 * What is no event stays as it is, to be refused later.
 */
export function autofill(event: unknown, { options }: Pick<Access, 'options'>): unknown {
  const fill = options.writes?.autofill;
  if (!fill || !isObject(event) || (Object.hasOwn(event, 'keen') && !isObject(event.keen))) return event;
  const filled = merge(event, fill);
  const [own, more] = [event, fill].map(({ keen }) => (isObject(keen) ? keen.addons : undefined));
  if (!Array.isArray(own) || !Array.isArray(more)) return filled;
  return { ...filled, keen: { ...(filled.keen as JsonObject), addons: [...own, ...more] } };
}

/** From entries and not by assignment, which would lose a property called `__proto__`. */
function merge(event: JsonObject, fill: JsonObject): JsonObject {
  const merged = Object.entries(fill).map(([name, value]) => {
    const own = Object.hasOwn(event, name) ? event[name] : undefined;
    return [name, isObject(own) && isObject(value) ? merge(own, value) : value] as const;
  });
  return Object.fromEntries([...Object.entries(event), ...merged]);
}

/**
 * A batch may hold a million tiny events, each of which grows by the autofill; what they grow to may not be more than a batch
 * may be large. Whoever is told so sends half of it.
 * @throws DomainError RequestEntityTooLargeError
 */
export function demandRoom(events: number, { options }: Pick<Access, 'options'>, limit: number): void {
  const fill = options.writes?.autofill;
  if (fill && events * Buffer.byteLength(JSON.stringify(fill)) > limit) throw tooLarge(limit);
}
