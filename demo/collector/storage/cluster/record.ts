import type { NewEvent } from '../../model/event.ts';
import type { NotedRefusal } from '../../model/refusal.ts';
import type { LoggedEvent, Property, RemovalTarget } from './store.ts';

/** The content of one record of the log. */
export type LogEntry =
  | {
      kind: 'events';
      /** Properties that the sender has not seen before. */
      properties: Property[];
      events: LoggedEvent[];
    }
  | { kind: 'removal'; target: RemovalTarget }
  | { kind: 'refusals'; refusals: Omit<NotedRefusal, 'id'>[] };

type Columns = [collection: string, token: string | null, id: string, timestamp: number, createdAt: number];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * An event as two lines of a record: its columns, and its JSON as a string. A loader reads the first and hands the
 * second on as it is.
 */
export const encodeEvent = ({ collection, token, id, timestamp, createdAt, json }: NewEvent): string =>
  `\n${JSON.stringify([collection, token ?? null, id, timestamp, createdAt])}\n${JSON.stringify(json)}`;

/** @param lines of `encodeEvent` */
export const encodeEvents = (lines: string[], properties: Property[]): Uint8Array =>
  encoder.encode(`${JSON.stringify({ kind: 'events', properties })}${lines.join('')}`);

export const encodeEntry = (entry: Exclude<LogEntry, { kind: 'events' }>): Uint8Array =>
  encoder.encode(JSON.stringify(entry));

/** @throws SyntaxError for bytes that no collector has written */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  const [header = '', ...lines] = decoder.decode(bytes).split('\n');
  const entry = JSON.parse(header) as LogEntry;
  if (entry.kind !== 'events') return entry;
  entry.events = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [collection, token, id, timestamp, createdAt] = JSON.parse(lines[index]!) as Columns;
    entry.events.push({ collection, token: token ?? undefined, id, timestamp, createdAt, quoted: lines[index + 1]! });
  }
  return entry;
}
