import { prepare } from '../events/prepare.ts';
import type { NewEvent } from '../model/event.ts';
import { arriving } from './arrival.ts';

/** An event that is ready to be stored. @throws if it is invalid */
export function makeEvent(collection: string, properties: object, now: number): NewEvent {
  const outcome = prepare(collection, properties, arriving(now));
  if ('problem' in outcome) throw new Error(`${outcome.problem.name}: ${outcome.problem.description}`);
  return outcome.event;
}
