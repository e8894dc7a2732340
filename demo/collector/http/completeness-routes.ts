import type { FastifyInstance } from 'fastify';
import { DAY_MS } from '../model/durations.ts';
import { badParameter } from '../model/errors.ts';
import { type Parameters, structured } from '../queries/parameters.ts';
import { parseTimeframe } from '../queries/timeframe.ts';
import { parseZone } from '../queries/zone.ts';
import type { Context } from './context.ts';

/**
 * `GET /completeness?timeframe=…&timezone=…`, an addition to Keen's API: how many of the events that mailslot numbered
 * have arrived, from pages of all collections. Counts are by whole UTC days, so the answer repeats the timeframe that
 * it covers, by time of arrival. For keys that may read the schema, which is about all collections too.
 */
export function completenessRoutes(app: FastifyInstance, { storage, now }: Pick<Context, 'storage' | 'now'>): void {
  app.get(
    '/completeness',
    { config: { permission: 'schema', parameters: ['timeframe', 'timezone'] } },
    async (request) => {
      const parameters = request.query as Parameters;
      const given = structured(parameters, 'timeframe');
      if (given === undefined) throw badParameter('"timeframe" is missing.');
      const { start, end } = parseTimeframe(given, parseZone(structured(parameters, 'timezone')), now());
      const covered = { start: Math.floor(start / DAY_MS) * DAY_MS, end: Math.ceil(end / DAY_MS) * DAY_MS };
      const days = (await storage.overview.pages(covered.start)).filter(({ day }) => day < covered.end);
      const sum = (count: (day: (typeof days)[number]) => number) => days.reduce((total, day) => total + count(day), 0);
      const [received, missing] = [sum((day) => day.received), sum((day) => day.missing)];
      return {
        result: {
          pages: sum(({ pages }) => pages),
          received,
          repeats: sum(({ repeats }) => repeats),
          missing,
          // Null without any page: nothing is known then.
          completeness: received + missing ? received / (received + missing) : null,
        },
        timeframe: { start: new Date(covered.start).toISOString(), end: new Date(covered.end).toISOString() },
      };
    },
  );
}
