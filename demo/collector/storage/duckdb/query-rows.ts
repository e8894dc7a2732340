import { queryTooLarge } from '../../model/errors.ts';
import type { Analysis, Extraction, Funnel, Query, Rows } from '../../model/query.ts';
import { analysisRow, analysisStatement } from './analysis.ts';
import { extractionSize, extractionStatement } from './extraction.ts';
import { funnelRows, funnelStatement } from './funnel.ts';
import type { Read } from './reader.ts';

/** Rows, listed values, actors or events that one answer may have. Keen's own bound for an extraction. */
export const MAX_ROWS = 100_000;

/** @throws ApiError 422 where the answer would be larger than `MAX_ROWS` */
export async function* answer(query: Query, read: Read): AsyncGenerator<Rows[Query['type']][]> {
  if (query.type === 'analysis') yield* analyse(query, read);
  else if (query.type === 'funnel') yield* count(query, read);
  else yield* extract(query, read);
}

async function* analyse(query: Analysis, read: Read): AsyncGenerator<Rows['analysis'][]> {
  let size = 0;
  for await (const chunk of read(analysisStatement(query, MAX_ROWS))) {
    const rows = chunk.map((columns) => analysisRow(columns, query));
    for (const { values } of rows)
      size += Math.max(
        1,
        values.reduce((sum: number, value) => sum + (Array.isArray(value) ? value.length : 0), 0),
      );
    check(size);
    yield rows;
  }
}

async function* count(query: Funnel, read: Read): AsyncGenerator<Rows['funnel'][]> {
  for await (const [columns] of read(funnelStatement(query, MAX_ROWS))) {
    const rows = funnelRows(columns!, query);
    check(rows.reduce((sum, { actors = [] }) => sum + actors.length, 0));
    yield rows;
  }
}

async function* extract(query: Extraction, read: Read): AsyncGenerator<Rows['extraction'][]> {
  // Counted before the first event goes out: once an answer has begun it cannot become an error any more.
  if (!query.latest)
    for await (const [[size]] of read(extractionSize(query, MAX_ROWS)) as AsyncGenerator<[[bigint]]>)
      check(Number(size));
  for await (const chunk of read(extractionStatement(query))) yield chunk.map(([event]) => event as string);
}

function check(size: number): void {
  if (size > MAX_ROWS) throw queryTooLarge(`The answer would have more than ${MAX_ROWS} rows or values.`);
}
