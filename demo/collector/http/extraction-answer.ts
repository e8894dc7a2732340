import { badParameter } from '../model/errors.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import { createTurn } from '../model/turns.ts';
import { csvHeader, csvRow } from '../queries/csv.ts';
import type { ParsedExtraction } from '../queries/parse-extraction.ts';
import { project } from '../queries/project.ts';

/** Keen's form comes first: it is the default. */
export const EXTRACTION_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
export type ExtractionType = (typeof EXTRACTION_TYPES)[number];

/** Chunks of events as they come from the database. */
export type Events = AsyncIterator<string[]>;

/**
 * The columns of a CSV: the chosen properties, else those of the schema in order of their names.
 * @param types the collection's schema; `undefined` if the key may not read it
 * @throws DomainError InvalidParameterError
 */
export function csvColumns({ query }: ParsedExtraction, types: PropertyTypes | undefined): string[] {
  if (query.properties) return query.properties;
  if (!types)
    throw badParameter('A CSV needs "property_names": its columns would tell names that this key may not read.');
  return [...types.keys()].sort();
}

/** The body of an answer as lines: JSON of each event, or a CSV with a header. In turns, as each line costs a parse. */
export async function* asLines(
  first: IteratorResult<string[]>,
  rest: Events,
  { query }: ParsedExtraction,
  columns: string[] | undefined,
): AsyncGenerator<string> {
  const { properties } = query;
  const lineOf = columns
    ? (event: string) => csvRow(event, columns)
    : (event: string) => `${properties ? project(event, properties) : event}\n`;
  const turn = createTurn();
  try {
    if (columns) yield csvHeader(columns);
    for (let chunk = first; !chunk.done; chunk = await rest.next()) {
      let lines = '';
      for (const event of chunk.value) {
        lines += lineOf(event);
        const next = turn.giveWay();
        if (!next && lines.length < MAX_PART_CHARS) continue;
        yield lines;
        lines = '';
        await next;
      }
      if (lines) yield lines;
    }
  } finally {
    // If the client goes away in the middle of an answer, the query must end too.
    await rest.return?.();
  }
}

/** Characters after which a part of the answer goes out. */
const MAX_PART_CHARS = 65_536;

/**
 * `{"result": […]}`, with other members behind it, in parts, so that an answer can be larger than memory. A page has
 * `next_page_token` if another one follows.
 */
export async function* asResult(
  first: IteratorResult<string[]>,
  rest: Events,
  { query, nextPage }: ParsedExtraction,
  members: object,
): AsyncGenerator<string> {
  const { properties, page } = query;
  const size = page?.size ?? Infinity;
  const turn = createTurn();
  let count = 0;
  let last: string | undefined;
  let next: string | undefined;
  yield '{"result":[';
  try {
    for (let chunk = first; !chunk.done; chunk = await rest.next()) {
      let part = '';
      for (const event of chunk.value) {
        if (count === size) {
          next = nextPage(last!);
          break;
        }
        part += `${count++ ? ',' : ''}${properties ? project(event, properties) : event}`;
        last = event;
        const wait = turn.giveWay();
        if (!wait && part.length < MAX_PART_CHARS) continue;
        yield part;
        part = '';
        await wait;
      }
      if (part) yield part;
    }
  } finally {
    await rest.return?.();
  }
  const others = JSON.stringify({ ...(next !== undefined && { next_page_token: next }), ...members });
  yield others === '{}' ? ']}' : `],${others.slice(1)}`;
}
