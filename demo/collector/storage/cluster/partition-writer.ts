import { encodeEvents } from './record.ts';
import type { Property } from './store.ts';

/** Requests wait so long for others to share their record. The number of records limits a log, not their bytes. */
const LINGER_MS = 25;
/** Characters of a record after which it takes no further event. */
const MAX_RECORD_CHARS = 500_000;
/** Records of one partition on their way at once. */
const MAX_IN_FLIGHT = 4;

export interface PartitionWriter {
  /** Resolves once the log has all of these events. @param lines of `encodeEvent` */
  add(lines: string[], properties: Property[]): Promise<void>;
  waitingChars(): number;
}

interface Waiting {
  lines: string[];
  properties: Property[];
  chars: number;
  callers: { resolve(): void; reject(error: unknown): void }[];
}

/**
 * Joins the events of requests to records of one partition. A record leaves when it is full or its first event has
 * waited for the linger.
 * @param append writes one record
 */
export function createPartitionWriter(append: (bytes: Uint8Array) => Promise<unknown>): PartitionWriter {
  const queue: Waiting[] = [];
  let waitingChars = 0;
  let inFlight = 0;
  let timer: NodeJS.Timeout | undefined;

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    while (queue.length && inFlight < MAX_IN_FLIGHT) void sendOne(queue.shift()!);
  }

  async function sendOne({ lines, properties, chars, callers }: Waiting): Promise<void> {
    inFlight++;
    try {
      await append(encodeEvents(lines, properties));
      for (const { resolve } of callers) resolve();
    } catch (error) {
      for (const { reject } of callers) reject(error);
    }
    inFlight--;
    waitingChars -= chars;
    // What has waited only for its turn has waited long enough.
    if (queue.length) send();
  }

  /** The record that still takes events. */
  function open(): Waiting {
    const last = queue.at(-1);
    if (last && last.chars < MAX_RECORD_CHARS) return last;
    const waiting: Waiting = { lines: [], properties: [], chars: 0, callers: [] };
    queue.push(waiting);
    return waiting;
  }

  function addChunk(lines: string[], properties: Property[], chars: number): Promise<void> {
    const waiting = open();
    for (const line of lines) waiting.lines.push(line);
    waiting.properties.push(...properties);
    waiting.chars += chars;
    waitingChars += chars;
    if (waiting.chars >= MAX_RECORD_CHARS) send();
    else timer ??= setTimeout(send, LINGER_MS);
    return new Promise((resolve, reject) => waiting.callers.push({ resolve, reject }));
  }

  async function add(lines: string[], properties: Property[]): Promise<void> {
    const sent: Promise<void>[] = [];
    for (let start = 0; start < lines.length; ) {
      let end = start;
      let chars = 0;
      while (end < lines.length && chars < MAX_RECORD_CHARS) chars += lines[end++]!.length;
      sent.push(addChunk(lines.slice(start, end), start ? [] : properties, chars));
      start = end;
    }
    await Promise.all(sent);
  }

  return { add, waitingChars: () => waitingChars };
}
