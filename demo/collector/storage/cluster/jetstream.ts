import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Refused } from './loader.ts';
import { type Log, type LogEnd, LogExpiredError, type LogRecord } from './log.ts';

/** An election takes 3 to 5 seconds. */
const PUBLISH_TIMEOUT_MS = 5_000;
const RETRY_DELAY_MS = 100;
/** For a consumer's heartbeat; two missed ones make the client start it anew. */
const HEARTBEAT_MS = 1_000;
const PULL_EXPIRES_MS = 5_000;
/**
 * A reader without a record for so long asks where the log ends. Twice behind it, it starts the consumer anew: what was
 * on its way when a connection broke counts as delivered, and the client notices the gap only at the next record.
 */
const IDLE_MS = 2_000;
/** Bytes that a reader holds while its user works. */
const MAX_BUFFERED_BYTES = 8_000_000;
const MAX_PULLED_MESSAGES = 256;
/** Room for a message's headers and subject. */
const OVERHEAD_BYTES = 1_000;
const NANOS_PER_MS = 1_000_000;
const DAY_MS = 86_400_000;
/** The log must outlast the longest outage of the store. */
const RETENTION_DAYS = 3;
/** Replicas of a stream: two of them are a majority. */
const REPLICAS = 3;

const REFUSED_STREAM = 'mailslot_refused';
const REFUSED_SUBJECT = 'mailslot.refused';

/** The name of a partition's stream. */
export const streamOf = (partition: number) => `mailslot_${partition}`;
const subjectOf = (partition: number) => `mailslot.${partition}`;

/** The number of replicas for so many known nodes: one node alone can keep no others. */
export const replicasFor = (nodes: number): number => (nodes > 1 ? REPLICAS : 1);

/**
 * Makes the streams that are missing; existing ones stay as they are.
 * @param replicas of each stream, on as many nodes
 */
export async function createStreams(jsm: JetStreamManager, partitions: number, replicas: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const config: Partial<StreamConfig> & { name: string } = {
      name: streamOf(partition),
      subjects: [subjectOf(partition)],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      num_replicas: replicas,
      max_age: RETENTION_DAYS * DAY_MS * NANOS_PER_MS,
      // With s2, nats-server 2.15.1 could not write to most streams any more after all nodes were killed twice within two
      // minutes: "error reading compression reader: s2: corrupt input".
      compression: 'none',
      // No message has an id, because the server then may answer `duplicate` for a message that it has not stored.
      duplicate_window: 100 * NANOS_PER_MS,
    };
    // Idempotent: the same configuration again is no error.
    await jsm.streams.add(config);
  }
  await jsm.streams.add({ name: REFUSED_STREAM, subjects: [REFUSED_SUBJECT], storage: 'file', num_replicas: replicas });
}

/** Keeps what the store does not take, until an operator has looked at it. */
export const openRefused =
  (js: JetStreamClient) =>
  async (refused: Refused): Promise<void> => {
    const { seq } = await js.publish(REFUSED_SUBJECT, JSON.stringify(refused), { timeout: PUBLISH_TIMEOUT_MS });
    if (!(seq > 0)) throw new Error('the log has not confirmed a refused event');
  };

/** How many records the store has refused. */
export const countRefused = async (jsm: JetStreamManager): Promise<number> =>
  (await jsm.streams.info(REFUSED_STREAM)).state.messages;

/** Opens the log on streams that exist. @param log is told about troubles of readers, which go on by themselves */
export function openJetStream(
  connection: NatsConnection,
  { js, jsm }: { js: JetStreamClient; jsm: JetStreamManager },
  partitions: number,
  onTrouble: (error: Error) => void,
): Log {
  async function append(partition: number, bytes: Uint8Array): Promise<number> {
    for (const deadline = performance.now() + PUBLISH_TIMEOUT_MS; ; await sleep(RETRY_DELAY_MS)) {
      try {
        const { seq, duplicate } = await js.publish(subjectOf(partition), bytes, { timeout: PUBLISH_TIMEOUT_MS });
        // A server in trouble can answer `duplicate` with seq 0 although it has stored nothing.
        if (!(seq > 0) || duplicate) throw new Error('the log has not confirmed the record');
        return seq;
      } catch (error) {
        // Nobody listens to the subject, so the record is certainly not there, and sending it again doubles nothing.
        if ((error as Error).name !== 'JetStreamNotEnabled' || performance.now() > deadline) throw error;
      }
    }
  }

  const stateOf = async (partition: number) => (await jsm.streams.info(streamOf(partition))).state;

  /** Records from `from` on, until the consumer stops for whatever reason. */
  async function* consume(partition: number, from: number, signal: AbortSignal): AsyncGenerator<LogRecord[]> {
    const consumer = await js.consumers.get(streamOf(partition), {
      opt_start_seq: from,
      deliver_policy: 'by_start_sequence',
    });
    const messages = await consumer.consume({
      max_messages: MAX_PULLED_MESSAGES,
      expires: PULL_EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    const buffer = createBuffer();
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop);
    const pumped = (async () => {
      for await (const message of messages) await buffer.add({ seq: message.seq, bytes: message.data });
    })();
    void pumped.catch(() => undefined).finally(buffer.end);
    try {
      let isBehind = false;
      for (let next = from; ; ) {
        const records = await buffer.take(IDLE_MS);
        if (!records) return void (await pumped);
        if (records.length) {
          isBehind = false;
          for (const { seq } of records) if (seq !== next++) return;
          yield records;
        } else {
          const wasBehind = isBehind;
          isBehind = (await stateOf(partition)).last_seq >= next;
          if (isBehind && wasBehind) return;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
      messages.stop();
      buffer.end();
      void consumer.delete().catch(() => undefined); // The server drops it anyway, once nobody pulls.
    }
  }

  async function* read(partition: number, from: number, signal: AbortSignal): AsyncGenerator<LogRecord[]> {
    for (let next = from; !signal.aborted; ) {
      try {
        const { first_seq: first } = await stateOf(partition);
        if (first > next) throw new LogExpiredError(`partition ${partition} begins at ${first}, and ${next} is needed`);
        for await (const records of consume(partition, next, signal)) {
          yield records;
          next = records.at(-1)!.seq + 1;
        }
      } catch (error) {
        if (error instanceof LogExpiredError) throw error;
        if (!signal.aborted) onTrouble(error as Error);
      }
      if (!signal.aborted) await sleep(RETRY_DELAY_MS);
    }
  }

  return {
    partitions,
    append,
    read,
    maxRecordBytes: connection.info!.max_payload - OVERHEAD_BYTES,
    heads: () =>
      Promise.all(
        Array.from({ length: partitions }, async (_, partition): Promise<LogEnd> => {
          const { created, state } = await jsm.streams.info(streamOf(partition));
          return { born: Date.parse(created), seq: state.last_seq };
        }),
      ),
  };
}

interface Buffer {
  /** Resolves once there is room for more. */
  add(record: LogRecord): Promise<void> | undefined;
  /** All records so far; undefined once it has ended. Waits so many milliseconds for a first one. */
  take(timeoutMs: number): Promise<LogRecord[] | undefined>;
  end(): void;
}

/** Records between a reader and its user. */
function createBuffer(): Buffer {
  let records: LogRecord[] = [];
  let bytes = 0;
  let ended = false;
  let wakeTaker: (() => void) | undefined;
  let wakeAdder: (() => void) | undefined;
  return {
    add(record) {
      records.push(record);
      bytes += record.bytes.length;
      wakeTaker?.();
      if (bytes < MAX_BUFFERED_BYTES || ended) return undefined;
      return new Promise((resolve) => {
        wakeAdder = resolve;
      });
    },
    async take(timeoutMs) {
      if (!records.length && !ended) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wakeTaker = resolve;
          timer = setTimeout(resolve, timeoutMs);
        });
        clearTimeout(timer);
      }
      if (!records.length && ended) return undefined;
      const taken = records;
      records = [];
      bytes = 0;
      wakeAdder?.();
      return taken;
    },
    end() {
      ended = true;
      wakeTaker?.();
      wakeAdder?.();
    },
  };
}
