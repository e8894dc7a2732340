import { createHmac, timingSafeEqual } from 'node:crypto';
import { badParameter } from '../model/errors.ts';
import type { Timeframe } from '../model/timeframe.ts';

const SIGNATURE_BYTES = 16;
const MAX_TOKEN_CHARS = 500;

/** Where the next page of an extraction begins. */
export interface Position {
  /** Arrival of the latest events of all pages, in milliseconds since 1970. */
  until: number;
  timeframe: Timeframe | undefined;
  /** The last event of the page before. */
  after: { createdAt: number; id: string };
}

/** Reads and writes the page tokens of one query. */
export interface Cursor {
  write(position: Position): string;
  /** @throws DomainError InvalidParameterError for a token that this collector did not make for this query */
  read(token: unknown): Position;
}

/**
 * A page token is a position in base64url, a dot and an HMAC over the position and the query. So nobody can make one up,
 * or use that of one Access Key with another key.
 * @param query everything that selects events
 */
export function openCursor(secret: string, query: unknown[]): Cursor {
  const sign = (position: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['page_token', position, query]))
      .digest()
      .subarray(0, SIGNATURE_BYTES);

  function verified(token: unknown): string | undefined {
    if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARS) return undefined;
    const [position = '', signature = '', ...rest] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const isRight = !rest.length && given.length === SIGNATURE_BYTES && timingSafeEqual(given, sign(position));
    // One spelling for each token: base64 has spare bits.
    return isRight && given.toString('base64url') === signature ? position : undefined;
  }

  return {
    write(position) {
      const text = Buffer.from(JSON.stringify(position)).toString('base64url');
      return `${text}.${sign(text).toString('base64url')}`;
    },
    read(token) {
      const position = verified(token);
      if (position === undefined)
        throw badParameter('"page_token" is not the "next_page_token" of an answer to this query.');
      return JSON.parse(Buffer.from(position, 'base64url').toString()) as Position;
    },
  };
}
