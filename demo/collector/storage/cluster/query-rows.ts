import type { Analysis, Extraction, Funnel, Query, Rows } from '../../model/query.ts';
import { checkSize, MAX_ROWS } from '../answer-size.ts';
import { analysisRow, analysisStatement } from './analysis.ts';
import type { Statement } from './binding.ts';
import { extractionSizeStatement, extractionStatement } from './extraction.ts';
import { funnelRows, funnelStatement } from './funnel.ts';

/** Runs a statement and yields its rows in chunks. */
export type Read = (statement: Statement) => AsyncGenerator<unknown[][]>;

/**
 * Yields the rows of a query in chunks.
 * @param events the table of all shards
 * @throws DomainError QueryTooLargeError for an answer larger than `MAX_ROWS`
 */
export async function* queryRows(query: Query, events: string, read: Read): AsyncGenerator<Rows[Query['type']][]> {
  if (query.type === 'analysis') yield* analysisRows(query, events, read);
  else if (query.type === 'funnel') yield* funnelRowsOf(query, events, read);
  else yield* extractionRows(query, events, read);
}

async function* analysisRows(query: Analysis, events: string, read: Read): AsyncGenerator<Rows['analysis'][]> {
  let size = 0;
  for await (const chunk of read(analysisStatement(query, events, MAX_ROWS))) {
    const rows = chunk.map((columns) => analysisRow(columns, query));
    for (const { values } of rows) {
      const listed = values.reduce((sum: number, value) => sum + (Array.isArray(value) ? value.length : 0), 0);
      size += Math.max(1, listed);
    }
    checkSize(size);
    yield rows;
  }
}

async function* funnelRowsOf(query: Funnel, events: string, read: Read): AsyncGenerator<Rows['funnel'][]> {
  for await (const [columns] of read(funnelStatement(query, events, MAX_ROWS))) {
    const rows = funnelRows(columns!, query);
    checkSize(rows.reduce((sum, { actors = [] }) => sum + actors.length, 0));
    yield rows;
  }
}

async function* extractionRows(query: Extraction, events: string, read: Read): AsyncGenerator<Rows['extraction'][]> {
  // Counted before the first event goes out, because an answer that has begun cannot become an error.
  if (!query.latest && !query.page && !query.unlimited)
    for await (const [[size]] of read(extractionSizeStatement(query, events, MAX_ROWS)) as AsyncGenerator<[[number]]>)
      checkSize(Number(size));
  for await (const chunk of read(extractionStatement(query, events))) yield chunk.map(([event]) => event as string);
}
