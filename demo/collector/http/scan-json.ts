/** Part of a list: some of its elements, with the commas between them. */
export interface Piece {
  /** Offsets in bytes; `end` is exclusive. */
  start: number;
  end: number;
}

export interface JsonScanner {
  /** Scans up to an offset in bytes, or a little further to the end of an escape sequence. */
  scan(end: number): void;
  /** Values so far, at all depths: objects, lists and primitives. */
  values(): number;
  /** The deepest nesting so far. The root object has depth 1. */
  depth(): number;
  /** The largest number of members of one object so far. */
  members(): number;
  /** The largest number of objects and lists in one piece so far. Everything outside of pieces counts with the next. */
  containers(): number;
  /** The elements of all lists directly within the root, in pieces of about `pieceBytes`. */
  pieces: Piece[];
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;

/** The count of members at the start of a list, whose elements are not members. A small integer keeps the list fast. */
const LIST_MEMBERS = -(2 ** 30);

/** 1 for each byte that matters outside of a string. */
const IS_STRUCTURE = new Uint8Array(256);
for (const character of '"[]{},') IS_STRUCTURE[character.charCodeAt(0)] = 1;

/**
 * Counts the values of a JSON text without creating them, and finds where it can be split. It does not validate:
 * the counts of invalid JSON mean nothing, and `JSON.parse` refuses it later.
 */
export function createJsonScanner(bytes: Uint8Array, pieceBytes: number): JsonScanner {
  const pieces: Piece[] = [];
  let offset = 0;
  let inString = false;
  let depth = 0;
  let maxDepth = 0;
  let values = 1;
  /** Members of each open object, by depth; far below zero for a list. */
  const membersAt: number[] = [LIST_MEMBERS];
  let maxMembers = 0;
  let containers = 0;
  let maxContainers = 0;
  /** Start of the current piece; -1 outside of a list within the root. */
  let pieceStart = -1;

  function scan(end: number): void {
    let at = offset; // a local variable, because closures are slower
    while (at < end) {
      if (!inString) {
        while (at < end && IS_STRUCTURE[bytes[at]!] === 0) at++;
        if (at < end) visit(bytes[at]!, at++);
      }
      if (!inString) continue;
      while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
      if (at < end) {
        inString = false;
        at++;
      }
    }
    offset = at;
  }

  function visit(byte: number, at: number): void {
    if (byte === QUOTE) inString = true;
    else if (byte === COMMA) comma(at);
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) open(byte, at);
    else close(at);
  }

  function comma(at: number): void {
    values++;
    countMember();
    if (depth !== 2 || pieceStart < 0 || at - pieceStart < pieceBytes) return;
    addPiece(at);
    pieceStart = at + 1;
  }

  function open(byte: number, at: number): void {
    values++; // its first member; `close` takes it back if there is none
    if (++containers > maxContainers) maxContainers = containers;
    if (++depth > maxDepth) maxDepth = depth;
    membersAt[depth] = byte === OPEN_OBJECT ? 0 : LIST_MEMBERS;
    countMember();
    if (depth === 2 && byte === OPEN_LIST) pieceStart = at + 1;
  }

  function close(at: number): void {
    let before = at - 1;
    while (before >= 0 && bytes[before]! <= SPACE) before--;
    if (bytes[before] === OPEN_OBJECT || bytes[before] === OPEN_LIST) values--;
    if (depth === 2 && pieceStart >= 0) {
      // White space alone is no piece: it stays outside, where a comma before it is an error.
      if (before >= pieceStart) addPiece(at);
      pieceStart = -1;
    }
    if (depth > 0) depth--; // more ends than beginnings are no JSON
  }

  function countMember(): void {
    const members = ++membersAt[depth]!;
    if (members > maxMembers) maxMembers = members;
  }

  function addPiece(end: number): void {
    pieces.push({ start: pieceStart, end });
    containers = 0;
  }

  return {
    scan,
    values: () => values,
    depth: () => maxDepth,
    members: () => maxMembers,
    containers: () => maxContainers,
    pieces,
  };
}
