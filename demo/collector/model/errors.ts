/**
 * An answer that refuses a request, in the shape of Keen's API: `{"message", "error_code"}`.
 * The message is for the client's developer; it never repeats a key or a body.
 */
export class ApiError extends Error {
  override name = 'ApiError';
  /** Whether it goes into the list of refused requests. */
  noted = true;
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds after which asking again makes sense. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** 404: no such project, route or collection. */
export const notFound = (message: string) => new ApiError(404, 'ResourceNotFoundError', message);

/** 400: a query's parameter cannot be used. Keen's name for it is not documented. */
export const badParameter = (message: string) => new ApiError(400, 'InvalidParameterError', message);

/** 503: nothing was recorded; the same request may be sent again. */
export const unavailable = (message: string) => new ApiError(503, 'ServiceUnavailableError', message, 1);

/** 504: a query was given up. Keen's name for it is not documented [U]. */
export const queryTimeout = (seconds: number) =>
  new ApiError(
    504,
    'QueryTimeoutError',
    `The query took longer than ${seconds} seconds. Narrow its timeframe or its filters, or ask for fewer groups.`,
  );

/** 422: a query was given up, and would be again. Keen's name for it is not documented [U]. */
export const queryTooLarge = (message: string) =>
  new ApiError(422, 'QueryTooLargeError', `${message} Narrow its timeframe or its filters, or ask for fewer groups.`);
