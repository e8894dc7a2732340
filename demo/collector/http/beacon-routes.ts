import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { badParameter } from '../model/errors.ts';
import type { Context } from './context.ts';
import { explainError } from './error-handler.ts';
import { HttpError } from './http-error.ts';
import { parseJson } from './parse-json.ts';
import { recordOne } from './record-event.ts';

/** One transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/**
 * `GET /events/:collection?data=BASE64` for clients that run no code, such as mail programs. Records the event and
 * answers with an image or, with `&redirect=URL`, a redirect. Without these parameters the path is the collection's
 * schema, another route.
 */
export function beaconRoutes(app: FastifyInstance, context: Context): void {
  app.addConstraintStrategy(carriesEvent);
  app.get(
    '/events/:collection',
    // No HEAD: a program that only checks whether a link works has not clicked on it.
    { config: { permission: 'writes' }, constraints: { carriesEvent: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const { data, redirect } = request.query as { data?: unknown; redirect?: unknown };
      const record = async () => recordOne(request, decode(data), context);
      if (redirect === undefined) {
        await record();
        // A cross-origin isolated page must be able to show the image too.
        return reply.type('image/gif').header('cross-origin-resource-policy', 'cross-origin').send(GIF);
      }
      const target = redirectTarget(redirect);
      // A visitor has clicked on a link, and must reach its target even if recording fails [U].
      await record().catch((error: unknown) => explainError(error, request));
      return reply.redirect(target, 302);
    },
  );
}

type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];
type Route = ReturnType<ReturnType<Strategy['storage']>['get']>;

/** Tells the two routes of one path apart, so that each can require its own permission. */
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
 * Decodes JSON in base64: either alphabet, with or without padding.
 * @throws HttpError InvalidJSONError
 */
function decode(data: unknown): unknown {
  // In a query string, an unescaped plus arrives as a space.
  const text = typeof data === 'string' ? data.replaceAll(' ', '+') : '';
  if (!/^[\w+/-]+={0,2}$/.test(text))
    throw new HttpError('InvalidJSONError', '"data" must be the event as JSON, in base64.');
  return parseJson(Buffer.from(text, 'base64'));
}

/**
 * Keen redirects anywhere. The collector redirects to `http:` and `https:` only, and only for a key that may record
 * events. Write keys are public, so such a link deserves no more trust than any other.
 * @throws DomainError InvalidParameterError
 */
function redirectTarget(redirect: unknown): string {
  const url = typeof redirect === 'string' && URL.canParse(redirect) ? new URL(redirect) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw badParameter('"redirect" must be a whole http or https URL.');
}
