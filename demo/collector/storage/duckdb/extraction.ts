import type { Extraction } from '../../model/query.ts';
import { type Statement, statement } from './binding.ts';
import { where } from './where.ts';

/** The JSON text of each event. */
export const extractionStatement = (query: Extraction): Statement =>
  statement((bind) => {
    const selected = `SELECT event FROM events WHERE ${where(query, bind)}`;
    return query.latest ? `${selected} ORDER BY timestamp DESC, rowid DESC LIMIT ${bind(query.latest)}` : selected;
  });

/** One row: how many events that would be, or `most + 1` where it is even more. */
export const extractionSize = (query: Extraction, most: number): Statement =>
  statement(
    (bind) => `SELECT count(*) FROM (SELECT 1 FROM events WHERE ${where(query, bind)} LIMIT ${bind(most + 1)})`,
  );
