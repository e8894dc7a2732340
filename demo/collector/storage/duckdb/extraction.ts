import type { Extraction } from '../../model/query.ts';
import { type Statement, statement } from './binding.ts';
import { where } from './where.ts';

/** One column: the JSON text of each event. */
export const extractionStatement = (query: Extraction): Statement =>
  statement((bind) => {
    const selected = `SELECT event FROM events WHERE ${where(query, bind)}`;
    return query.latest ? `${selected} ORDER BY timestamp DESC, rowid DESC LIMIT ${bind(query.latest)}` : selected;
  });

/** One row: the number of selected events, counted up to `maxRows + 1`. */
export const extractionSizeStatement = (query: Extraction, maxRows: number): Statement =>
  statement(
    (bind) => `SELECT count(*) FROM (SELECT 1 FROM events WHERE ${where(query, bind)} LIMIT ${bind(maxRows + 1)})`,
  );
