import type { Extraction, Page } from '../../model/query.ts';
import { type Bind, type Statement, statement } from './binding.ts';
import { toTimestamp } from './time.ts';
import { where } from './where.ts';

/** One column: the JSON text of each event. Of a page there is one event more, if another page follows. */
export const extractionStatement = (query: Extraction): Statement =>
  statement((bind) => {
    if (query.page) return pageOf(query, query.page, bind);
    const selected = `SELECT event FROM events WHERE ${where(query, bind)}`;
    return query.latest ? `${selected} ORDER BY timestamp DESC, rowid DESC LIMIT ${bind(query.latest)}` : selected;
  });

/** By arrival and id, because a checkpoint can change the ids of rows. */
function pageOf(query: Extraction, { size, until, after }: Page, bind: Bind): string {
  const conditions = [where(query, bind), `created_at <= ${bind(toTimestamp(until))}`];
  if (after) {
    const at = bind(toTimestamp(after.createdAt));
    conditions.push(`created_at >= ${at} AND (created_at > ${at} OR id > ${bind(after.id)})`);
  }
  return `SELECT event FROM events WHERE ${conditions.join(' AND ')} ORDER BY created_at, id LIMIT ${bind(size + 1)}`;
}

/** One row: the number of selected events, counted up to `maxRows + 1`. */
export const extractionSizeStatement = (query: Extraction, maxRows: number): Statement =>
  statement(
    (bind) => `SELECT count(*) FROM (SELECT 1 FROM events WHERE ${where(query, bind)} LIMIT ${bind(maxRows + 1)})`,
  );
