import type { EventProblem } from './event.ts';

/**
 * Why the collector refuses a request, whichever way the request came in: names of Keen's where Keen documents them.
 */
export type ErrorCode =
  | EventProblem['name']
  | 'ConflictError'
  | 'InvalidParameterError'
  | 'QueryTimeoutError'
  | 'QueryTooLargeError'
  | 'RequestEntityTooLargeError'
  | 'ResourceNotFoundError'
  | 'ServiceUnavailableError';

/**
 * A refused operation. It knows no HTTP status: `http/error-status.ts` has one for each code.
 * The message is for the client's developer. It must never repeat a key or a body.
 */
export class DomainError extends Error {
  override name = 'DomainError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Seconds until a retry makes sense. */
    readonly retryAfter?: number,
    /** The message for the list of refusals. It must hold no text of the client, because a key can stand anywhere. */
    readonly kept = message,
  ) {
    super(message);
  }
}

/** No such project, route, collection or key. */
export const notFound = (message: string) => new DomainError('ResourceNotFoundError', message);

/** A parameter has an invalid value. Keen's name for this is not documented [U]. */
export const badParameter = (message: string) => new DomainError('InvalidParameterError', message);

/**
 * Like `badParameter`, with a name from the request in its message.
 * @param kept the message without that name
 */
export const badName = (message: string, kept: string) =>
  new DomainError('InvalidParameterError', message, undefined, kept);

/** An event breaks a rule. The description can name a property of the event. */
export const badEvent = ({ name, description }: EventProblem) =>
  new DomainError(name, description, undefined, 'The event breaks a rule.');

/** The change would break a rule of the project, such as its last Master key. */
export const conflict = (message: string) => new DomainError('ConflictError', message);

/** The events of one request are too large together. The client can send them again in halves. */
export const tooLarge = (limit: number) =>
  new DomainError('RequestEntityTooLargeError', `The body is larger than ${limit} bytes.`);

/** Nothing was recorded. The client can send the same request again. */
export const unavailable = (message: string) => new DomainError('ServiceUnavailableError', message, 1);

/** A query ran into its timeout. Keen's name for this is not documented [U]. */
export const queryTimeout = (seconds: number) =>
  new DomainError(
    'QueryTimeoutError',
    `The query took longer than ${seconds} seconds. Narrow its timeframe or its filters, or ask for fewer groups.`,
  );

/**
 * A query needs more memory or rows than it can have, so a retry would fail too. Keen's name for this is not documented
 * [U].
 */
export const queryTooLarge = (message: string) =>
  new DomainError('QueryTooLargeError', `${message} Narrow its timeframe or its filters, or ask for fewer groups.`);
