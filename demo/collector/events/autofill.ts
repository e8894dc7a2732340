import type { Access } from '../model/access.ts';
import { tooLarge } from '../model/errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';

/**
 * Merges an Access Key's `options.writes.autofill` into an event, at every depth. If both have a value, the key's value
 * wins, so that the key's holder cannot pass for another [U]. Add-ons of both run, the key's last. `enrich` merges the
 * values once more after the sender's add-ons. An invalid event stays unchanged, and validation rejects it later.
 */
export function autofill(event: unknown, { options }: Pick<Access, 'options'>): unknown {
  const fill = options.writes?.autofill;
  if (!fill || !isObject(event) || (Object.hasOwn(event, 'keen') && !isObject(event.keen))) return event;
  const filled = merge(event, fill);
  const [ownAddons, filledAddons] = [event, fill].map(({ keen }) => (isObject(keen) ? keen.addons : undefined));
  if (!Array.isArray(ownAddons) || !Array.isArray(filledAddons)) return filled;
  return { ...filled, keen: { ...(filled.keen as JsonObject), addons: [...ownAddons, ...filledAddons] } };
}

/**
 * Merges `fill` into an object, at every depth. Uses `fromEntries`, because an assignment would lose a property named
 * `__proto__`.
 */
export function merge(event: JsonObject, fill: JsonObject): JsonObject {
  const merged = Object.entries(fill).map(([name, value]) => {
    const own = Object.hasOwn(event, name) ? event[name] : undefined;
    return [name, isObject(own) && isObject(value) ? merge(own, value) : value] as const;
  });
  return Object.fromEntries([...Object.entries(event), ...merged]);
}

/**
 * Rejects a batch whose autofill would add more than `maxBytes` to it, because autofill applies to each event. After
 * 413 the client sends smaller batches.
 * @throws DomainError RequestEntityTooLargeError
 */
export function checkAutofillSize(events: number, { options }: Pick<Access, 'options'>, maxBytes: number): void {
  const fill = options.writes?.autofill;
  if (fill && events * Buffer.byteLength(JSON.stringify(fill)) > maxBytes) throw tooLarge(maxBytes);
}
