import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unavailable } from '../model/errors.ts';
import { isLoopback } from '../tls/address.ts';
import { asHook } from './as-hook.ts';
import type { ByteRates } from './byte-rates.ts';
import { HttpError } from './http-error.ts';
import { addressOf, networkOf } from './rate-limits.ts';

/** Bytes of all bodies in memory at a time. A parsed body takes several times as much. */
export const BODY_MEMORY_BYTES = 256_000_000;
/** Bytes of each body that take no room, so that small bodies are accepted whatever others send. */
export const FREE_BYTES = 65_536;
/**
 * Parts of the room for the bodies of one address (IPv6: one /64; loopback has no share), of one IPv6 network that a
 * customer of a provider can have (a /48), and of one key.
 */
const ADDRESS_SHARE = 1 / 8;
const NETWORK_SHARE = 1 / 4;
const KEY_SHARE = 3 / 4;
/** Bytes a second of a body. The slowest mobile networks have about as many. */
const MIN_SPEED = 1_000;

/** The room of one request's body. */
export interface BodyRoom {
  /**
   * Takes room for bytes that have arrived or were uncompressed, and counts them for the rates in bytes.
   * @throws DomainError ServiceUnavailableError
   */
  take(bytes: number): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The room of the body. Absent on routes outside of a project. */
    bodyRoom: BodyRoom | undefined;
  }
}

/**
 * Limits the memory of all bodies together, until their answers. Only bytes that have arrived count, because a client
 * can announce any number. Each address and each key has a share, so that one cannot take the room of all. A request
 * over a limit gets 503, and its client tries again. A body that arrives too slowly gets 408, and one beyond a rate in
 * bytes gets 429 before it is read.
 * @param limit bytes of all bodies
 * @param windowMs time over which the speed of a body is measured
 */
export function limitBodyMemory(app: FastifyInstance, limit: number, windowMs: number, rates: ByteRates): void {
  const used = new Map<string, number>();
  const arriving = watchSpeed(app, windowMs);

  function take(subject: string, bytes: number, share: number): void {
    const sum = (used.get(subject) ?? 0) + bytes;
    if (sum > limit * share) throw unavailable('The collector holds as many bodies as it can.');
    used.set(subject, sum);
  }

  function release(subject: string, bytes: number): void {
    const left = used.get(subject)! - bytes;
    if (left) used.set(subject, left);
    else used.delete(subject);
  }

  function openRoom(request: FastifyRequest): BodyRoom & { release(): void } {
    const shares: [subject: string, share: number][] = [
      ['all', 1],
      [`key ${request.access.id}`, KEY_SHARE],
    ];
    if (!isLoopback(request.ip)) {
      shares.push([`address ${addressOf(request)}`, ADDRESS_SHARE]);
      shares.push([`network ${networkOf(request)}`, NETWORK_SHARE]);
    }
    const taken = shares.map(() => 0);
    let free = FREE_BYTES;
    return {
      take(bytes) {
        rates.count(request, bytes);
        const counted = Math.max(0, bytes - free);
        free = Math.max(0, free - bytes);
        if (!counted) return;
        shares.forEach(([subject, share], index) => {
          take(subject, counted, share);
          taken[index]! += counted;
        });
      },
      release: () => shares.forEach(([subject], index) => taken[index] && release(subject, taken[index])),
    };
  }

  app.addHook(
    'onRequest',
    asHook((request) => {
      if (hasBody(request)) rates.admit(request);
    }),
  );
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (hasBody(request)) {
      const room = openRoom(request);
      request.bodyRoom = room;
      reply.raw.once('close', room.release);
      // The framework listens for errors of the body, and answers with them.
      request.raw.on('error', () => undefined);
      if (isSmall(request)) rates.count(request, Number(request.headers['content-length']));
      else request.raw.on('data', (chunk: Buffer) => takeOrFail(request, chunk.length));
      arriving.add(request);
    }
    done(null, payload);
  });
}

function takeOrFail(request: FastifyRequest, bytes: number): void {
  try {
    request.bodyRoom?.take(bytes);
  } catch (error) {
    // The rest is read without being kept.
    request.bodyRoom = undefined;
    request.raw.emit('error', error);
  }
}

/** Ends bodies that arrive too slowly. The timeout of a whole request would let them hold their room for a minute. */
function watchSpeed(app: FastifyInstance, windowMs: number) {
  /** Bytes that a connection had received at the last check. */
  const arriving = new Map<FastifyRequest, number>();
  const timer = setInterval(() => {
    for (const [request, bytesBefore] of arriving) {
      const { bytesRead } = request.raw.socket;
      arriving.set(request, bytesRead);
      // A body is measured over a whole window, not over the rest of the one in which it began.
      if (bytesBefore < 0 || bytesRead - bytesBefore >= (MIN_SPEED * windowMs) / 1_000) continue;
      arriving.delete(request);
      request.raw.emit('error', new HttpError('RequestTimeoutError', `The body came slower than ${MIN_SPEED} B/s.`));
    }
  }, windowMs).unref();
  app.addHook('onClose', async () => clearInterval(timer));
  return {
    add(request: FastifyRequest): void {
      arriving.set(request, -1);
      const forget = () => arriving.delete(request);
      request.raw.once('end', forget).once('close', forget);
    },
  };
}

const hasBody = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;

/** Whether the body takes no room as it arrives. */
const isSmall = ({ headers }: FastifyRequest) =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length']) <= FREE_BYTES;
