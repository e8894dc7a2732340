import type { Extraction, Page } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { where } from './where.ts';

/** One column: the JSON text of each event. Of a page there is one event more, if another page follows. */
export const extractionStatement = (query: Extraction, events: string): Statement =>
  statement((bind) => {
    if (query.page) return pageOf(query, query.page, events, bind);
    const selected = `SELECT event FROM ${events} WHERE ${where(query, bind)}`;
    return query.latest
      ? `${selected} ORDER BY timestamp DESC, created_at DESC, id DESC LIMIT ${bind(query.latest, 'UInt64')}`
      : `${selected} ORDER BY created_at, id`;
  });

function pageOf(query: Extraction, { size, until, after }: Page, events: string, bind: Bind): string {
  const conditions = [where(query, bind), `created_at <= ${bind(until, 'Int64')}`];
  if (after) conditions.push(`(created_at, id) > (${bind(after.createdAt, 'Int64')}, ${bind(after.id, 'String')})`);
  return `SELECT event FROM ${events} WHERE ${conditions.join(' AND ')}
    ORDER BY created_at, id LIMIT ${bind(size + 1, 'UInt64')}`;
}

/** One row: the number of selected events, counted up to `maxRows + 1`. */
export const extractionSizeStatement = (query: Extraction, events: string, maxRows: number): Statement =>
  statement(
    (bind) =>
      `SELECT count() FROM (SELECT 1 FROM ${events} WHERE ${where(query, bind)} LIMIT ${bind(maxRows + 1, 'UInt64')})`,
  );
