import type { FastifyInstance } from 'fastify';
import { badParameter } from '../model/errors.ts';
import type { Selection } from '../model/query.ts';
import { type Parameters, path } from '../queries/parameters.ts';
import { parseSelection } from '../queries/parse-selection.ts';
import { type Context, parameters } from './context.ts';
import { ownParameters } from './known-parameters.ts';

/** Properties that the collector sets on each event and reads. */
const RESERVED_PROPERTY = /^keen(\.(id|created_at|timestamp|uniqueness_token))?$/;

const SELECTING = ['filters', 'timeframe', 'timezone'];
const MAX_BODY_BYTES = 100_000;

/**
 * `DELETE /events/:collection`, limited by `filters`, `timeframe` and `timezone` in the URL, and `DELETE
 * /events/:collection/properties/:property`. For Master keys alone. A collection or property that does not exist is no
 * error [U].
 */
export function deletionRoutes(app: FastifyInstance, { storage, now }: Pick<Context, 'storage' | 'now'>): void {
  app.register(async (bodiless) => {
    bodiless.removeAllContentTypeParsers();
    bodiless.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      async (_request: unknown, body: string) => {
        // Keen's clients send an empty body as JSON. A body with filters in it would otherwise be ignored, and delete
        // everything.
        if (!/^(""|\{\}|null)?$/.test(body.trim()))
          throw badParameter('A DELETE takes "filters", "timeframe" and "timezone" in the URL, not in a body.');
      },
    );

    bodiless.delete('/events/:collection', { config: { parameters: SELECTING } }, async (request, reply) => {
      const given = ownParameters(request);
      checkNotEmpty(given);
      const { zone: _, ...selection } = parseSelection(
        { ...given, event_collection: parameters(request).collection },
        { now: now(), forcedFilters: [] },
      );
      checkSelecting(given, selection);
      await storage.remove(selection);
      return reply.code(204).send();
    });

    bodiless.delete('/events/:collection/properties/:property', async (request, reply) => {
      const { collection, property } = parameters(request) as { collection: string; property: string };
      if (RESERVED_PROPERTY.test(path(property, 'The property')))
        throw badParameter(`The property ${property} cannot be removed: the collector needs it.`);
      await storage.remove({ collection, property });
      return reply.code(204).send();
    });
  });
}

/** An empty parameter would select every event, and a deletion cannot be undone. */
function checkNotEmpty(given: Parameters): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === '') throw badParameter(`"${name}" is empty. Leave it out to remove all events.`);
  }
}

/**
 * A parameter that was sent is meant to limit the deletion. Judged by its parsed value, because there are many spellings
 * of an empty one. A time zone limits nothing without a timeframe.
 */
function checkSelecting(given: Parameters, { filters, timeframe }: Selection): void {
  if ('filters' in given && !filters.length)
    throw badParameter('"filters" is empty. Leave it out to remove all events.');
  if (('timeframe' in given || 'timezone' in given) && !timeframe)
    throw badParameter('"timeframe" selects nothing. Leave it and "timezone" out to remove all events.');
}
