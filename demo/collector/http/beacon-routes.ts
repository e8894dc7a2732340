import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { badParameter } from '../model/errors.ts';
import { parseJson } from './body.ts';
import type { Context } from './context.ts';
import { explainError } from './error-handler.ts';
import { HttpError } from './http-error.ts';
import { recordOne } from './record-event.ts';

/** One transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/**
 * `GET /events/:collection?data=BASE64` for places that run no code, such as mails: records the event and answers with an image, or, with
 * `&redirect=URL`, sends the visitor on. Without these parameters the same path asks for the collection's schema, which is another route.
 */
export function beacon(app: FastifyInstance, context: Context): void {
  app.addConstraintStrategy(carriesEvent);
  app.get(
    '/events/:collection',
    // No HEAD: whoever only looks whether a link works has not clicked on it.
    { config: { permission: 'writes' }, constraints: { carriesEvent: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const { data, redirect } = request.query as { data?: unknown; redirect?: unknown };
      const record = async () => recordOne(request, decode(data), context);
      if (redirect === undefined) {
        await record();
        // A page that isolates itself must still be able to show it.
        return reply.type('image/gif').header('cross-origin-resource-policy', 'cross-origin').send(GIF);
      }
      const target = redirectTarget(redirect);
      // Someone has clicked on a link, and gets where it leads whatever becomes of the event [U].
      await record().catch((error: unknown) => explainError(error, request));
      return reply.redirect(target, 302);
    },
  );
}

type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];
type Route = ReturnType<ReturnType<Strategy['storage']>['get']>;

/** Tells the two routes of one path apart, so that each has a key's permission of its own. */
const carriesEvent: Strategy = {
  name: 'carriesEvent',
  storage() {
    const routes = new Map<unknown, Route>();
    return {
      get: (value: unknown) => routes.get(value) ?? null,
      set: (value: unknown, route: unknown) => void routes.set(value, route as Route),
    };
  },
  deriveConstraint: ({ url = '' }: Pick<IncomingMessage, 'url'>) =>
    /[?&](data|redirect)=/.test(url) ? true : undefined,
};

/**
 * Base64 of either alphabet, padded or not, of JSON.
 * @throws HttpError InvalidJSONError
 */
function decode(data: unknown): unknown {
  // A plus that nobody escaped has become a space on its way.
  const text = typeof data === 'string' ? data.replaceAll(' ', '+') : '';
  if (!/^[\w+/-]+={0,2}$/.test(text))
    throw new HttpError('InvalidJSONError', '"data" must be the event as JSON, in base64.');
  return parseJson(Buffer.from(text, 'base64'));
}

/**
 * Keen sends visitors anywhere. Here, too, but only to the web, and only for a key that may record: a link is still no more to be
 * trusted than the key is secret.
 * @throws DomainError InvalidParameterError
 */
function redirectTarget(redirect: unknown): string {
  const url = typeof redirect === 'string' && URL.canParse(redirect) ? new URL(redirect) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw badParameter('"redirect" must be a whole http or https URL.');
}
