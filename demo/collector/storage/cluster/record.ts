import type { NewEvent } from '../../model/event.ts';
import type { Selection } from '../../model/query.ts';
import type { NotedRefusal } from '../../model/refusal.ts';

/** Collection, property path, type. */
export type Property = [collection: string, path: string, type: string];

/** Which events or which property to remove. */
export type RemovalTarget = Selection | { collection: string; property: string };

/** An event in the log. */
export interface LoggedEvent {
  collection: string;
  token: string | undefined;
  id: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  createdAt: number;
  /** `[collection, token or null, id, timestamp, createdAt]` as JSON. */
  meta: string;
  /** The event's JSON, as a JSON string. */
  quoted: string;
}

/** The content of one record of the log. */
export type LogEntry =
  | {
      kind: 'events';
      /** Properties that the sender has not seen before. */
      properties: Property[];
      events: LoggedEvent[];
    }
  | { kind: 'removal'; at: number; target: RemovalTarget }
  | { kind: 'refusals'; refusals: Omit<NotedRefusal, 'id'>[] };

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
    const meta = lines[index]!;
    const [collection, token, id, timestamp, createdAt] = JSON.parse(meta) as [
      string,
      string | null,
      string,
      number,
      number,
    ];
    entry.events.push({
      collection,
      token: token ?? undefined,
      id,
      timestamp,
      createdAt,
      meta,
      quoted: lines[index + 1]!,
    });
  }
  return entry;
}
