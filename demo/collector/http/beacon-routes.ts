import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { badParameter } from '../model/errors.ts';
import { checkNames } from '../queries/parameters.ts';
import type { Context } from './context.ts';
import { isOneOf } from './cross-origin.ts';
import { explainError } from './error-handler.ts';
import { HttpError } from './http-error.ts';
import { ownParameters } from './known-parameters.ts';
import { parseJson } from './parse-json.ts';
import { recordOne } from './record-event.ts';

/** A function's plain name. A path such as `a.b.click` could call functions that the page did not mean to offer. */
const CALLBACK = /^[A-Za-z_$][\w$]{0,63}$/;

/** Keen's clients send `modified` and `c` so that no cache answers. */
const IMAGE_PARAMETERS = ['data', 'jsonp', 'modified', 'c'];

/** One transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/**
 * `GET /events/:collection?data=BASE64` for clients that run no code, such as mail programs. Records the event and
 * answers with an image; with `&redirect=URL`, a redirect; with `&jsonp=NAME`, a script that calls this function, the
 * default of old versions of keen-js. Without `data` and `redirect` the path is the collection's schema, another route.
 */
export function beaconRoutes(app: FastifyInstance, context: Context): void {
  const { redirectOrigins = [] } = context;
  const isAllowed = redirectOrigins.length ? isOneOf(redirectOrigins) : () => true;
  app.addConstraintStrategy(carriesEvent);
  app.get(
    '/events/:collection',
    // No HEAD: a program that only checks whether a link works has not clicked on it.
    {
      config: { permission: 'writes', parameters: 'checked by the handler' },
      constraints: { carriesEvent: true },
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const { data, redirect, jsonp } = request.query as { data?: unknown; redirect?: unknown; jsonp?: unknown };
      const record = async () => recordOne(request, decode(data), context);
      if (redirect === undefined) {
        // Not for a link, because mail programs and social networks append parameters of their own to it.
        checkNames(ownParameters(request), IMAGE_PARAMETERS, 'an image');
        const callback = jsonp === undefined ? undefined : callbackName(jsonp);
        await record();
        // A cross-origin isolated page must be able to load the answer too.
        reply.header('cross-origin-resource-policy', 'cross-origin');
        if (callback === undefined) return reply.type('image/gif').send(GIF);
        return reply.type('application/javascript; charset=utf-8').send(`${callback}({"created":true})`);
      }
      const target = redirectTarget(redirect, isAllowed);
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

/** @throws DomainError InvalidParameterError */
function callbackName(jsonp: unknown): string {
  if (typeof jsonp === 'string' && CALLBACK.test(jsonp)) return jsonp;
  throw badParameter('"jsonp" must be the name of a function: 1 to 64 letters, digits, "_" and "$", no digit first.');
}

/**
 * Keen redirects anywhere. The collector redirects to `http:` and `https:` only, and only for a key that may record
 * events. Write keys are public, so such a link deserves no more trust than any other, unless the operator has listed
 * the origins.
 * @throws DomainError InvalidParameterError
 */
function redirectTarget(redirect: unknown, isAllowed: (origin: string) => boolean): string {
  const url = typeof redirect === 'string' && URL.canParse(redirect) ? new URL(redirect) : undefined;
  if (url && /^https?:$/.test(url.protocol)) {
    if (isAllowed(url.origin)) return url.href;
    throw badParameter('"redirect" leads to an origin that the operator has not allowed.');
  }
  throw badParameter('"redirect" must be a whole http or https URL.');
}
