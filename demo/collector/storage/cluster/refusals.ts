import type { NotedRefusal, Refusal } from '../../model/refusal.ts';
import type { Storage } from '../storage.ts';
import { statement } from './binding.ts';
import type { Client } from './client.ts';
import { allOf } from './tables.ts';

/** SQL for the error code at the start of a reason. */
const CODE = String.raw`extract(reason, '^\\w*')`;

/** Makes the report of refusals. Their ids ascend with time. */
export function createRefusalReport(readAll: Client['readAll']): Storage['refusals']['report'] {
  return async (limit, { key, code } = {}) => {
    const [counts, newest] = await Promise.all([
      readAll(
        statement(
          () => `SELECT key, ${CODE} AS code, sum(times) AS all FROM ${allOf('refusals')}
            GROUP BY key, code ORDER BY all DESC, key, code`,
        ),
      ),
      readAll(
        statement((bind) => {
          const selected = [
            ...(key === undefined ? [] : [`key = ${bind(key, 'String')}`]),
            ...(code === undefined ? [] : [`${CODE} = ${bind(code, 'String')}`]),
          ];
          return `
            SELECT * FROM (
              SELECT row_number() OVER (ORDER BY at, position, part, number) AS id, at, method, route, status, key,
                key_id, origin, reason, times FROM ${allOf('refusals')}
            )
            ${selected.length ? `WHERE ${selected.join(' AND ')}` : ''}
            ORDER BY id DESC LIMIT ${bind(limit, 'UInt64')}`;
        }),
      ),
    ]);
    return {
      counts: counts.map(([key, code, times]) => ({
        key: key as Refusal['key'],
        code: code as string,
        times: times as number,
      })),
      newest: newest.map(
        ([id, at, method, route, status, key, keyId, origin, reason, times]) =>
          ({ id, at, method, route, status, key, keyId, origin, reason, times }) as NotedRefusal,
      ),
    };
  };
}
