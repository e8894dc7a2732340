import { DomainError } from '../model/errors.ts';
import { createTurn, nextTurn } from '../model/turns.ts';
import { HttpError } from './http-error.ts';
import { createJsonScanner, type JsonScanner, type Piece } from './scan-json.ts';

/** A body of up to this size is parsed at once: it takes a few milliseconds, whatever it holds. */
export const SMALL_BODY_BYTES = 65_536;
/** Values of one body. Keen documents no limit [U]. A client's full store of 10,000 events can have 99 in each. */
export const MAX_BODY_VALUES = 1_000_000;
/** Members of one object. An event has at most 1,000 properties. Each new name costs as much as a kilobyte of text. */
export const MAX_MEMBERS = 20_000;
/** Objects and lists in one event, or in about 32 kB of small events. */
export const MAX_CONTAINERS = 50_000;
/** Levels of nesting, on all routes but those that record: an event that is too deep is rejected alone. */
export const MAX_BODY_DEPTH = 128;

/** Bytes to scan, and bytes to parse, before looking at the clock. */
const SCAN_BYTES = 131_072;
const PIECE_BYTES = 32_768;

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** A byte order mark is allowed at the start of a body, but not between events. */
const utf8WithoutMark = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws HttpError InvalidJSONError */
export function parseJson(bytes: Uint8Array, decoder = utf8): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's own message quotes the body, which can be private.
    throw new HttpError('InvalidJSONError', 'The body is not valid JSON in UTF-8.');
  }
}

/**
 * Parses JSON of any size. The values of a large text are counted first, because a megabyte of text can become hundreds
 * of megabytes of objects. It is then parsed in pieces, between which other requests get their turn.
 * @param maxDepth levels of nesting; Infinity if the caller checks them itself
 * @throws HttpError InvalidJSONError, InvalidBodyError; DomainError RequestEntityTooLargeError
 */
export async function parseLargeJson(bytes: Buffer, maxDepth: number): Promise<unknown> {
  const isSmall = bytes.length <= SMALL_BODY_BYTES;
  if (isSmall && maxDepth === Infinity) return parseJson(bytes);
  const scanner = createJsonScanner(bytes, PIECE_BYTES);
  if (!isSmall) await nextTurn();
  const turn = createTurn();
  for (let end = 0; end < bytes.length; await turn.giveWay()) {
    end = Math.min(end + SCAN_BYTES, bytes.length);
    scanner.scan(end);
    checkCounts(scanner, maxDepth);
  }
  if (isSmall || !scanner.pieces.length) return parseJson(bytes);

  const root = parseJson(withNumbers(bytes, scanner.pieces));
  const parsed: unknown[][] = [];
  for (const { start, end } of scanner.pieces) {
    parsed.push(parseList(bytes, start, end));
    await turn.giveWay();
  }
  // In place, so that a list called `__proto__` is one like any other.
  for (const list of Object.values(root as object)) {
    if (!Array.isArray(list)) continue;
    const indexes = list.splice(0) as number[];
    for (const index of indexes) for (const element of parsed[index]!) list.push(element);
  }
  return root;
}

function checkCounts(scanner: JsonScanner, maxDepth: number): void {
  if (scanner.depth() > maxDepth)
    throw new HttpError('InvalidBodyError', `The body is nested in more than ${maxDepth} levels.`);
  checkCount(scanner.values(), MAX_BODY_VALUES, 'values');
  checkCount(scanner.members(), MAX_MEMBERS, 'members in one object');
  checkCount(scanner.containers(), MAX_CONTAINERS, 'objects and lists in one event');
}

/** After 413 a tracker sends the batch in halves. */
function checkCount(count: number, max: number, what: string): void {
  if (count > max) throw new DomainError('RequestEntityTooLargeError', `The body has more than ${max} ${what}.`);
}

/** The text with the index of each piece in place of the piece. Everything around the pieces is thereby validated. */
function withNumbers(bytes: Buffer, pieces: Piece[]): Buffer {
  let end = 0;
  const parts = pieces.flatMap((piece, index) => {
    const before = bytes.subarray(end, piece.start);
    end = piece.end;
    return [before, Buffer.from(String(index))];
  });
  return Buffer.concat([...parts, bytes.subarray(end)]);
}

const OPEN_LIST = Buffer.from('[');
const CLOSE_LIST = Buffer.from(']');

/** @throws HttpError InvalidJSONError, also for a piece with nothing between two commas */
function parseList(bytes: Buffer, start: number, end: number): unknown[] {
  const list = parseJson(Buffer.concat([OPEN_LIST, bytes.subarray(start, end), CLOSE_LIST]), utf8WithoutMark);
  if (!(list as unknown[]).length) throw new HttpError('InvalidJSONError', 'The body is not valid JSON in UTF-8.');
  return list as unknown[];
}
