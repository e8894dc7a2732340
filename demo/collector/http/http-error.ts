/** Refusals that only the HTTP side knows. */
export type HttpErrorCode =
  | 'AdminOnlyEndpointError'
  | 'InternalError'
  | 'InvalidApiKeyError'
  | 'InvalidBatchError'
  | 'InvalidBodyError'
  | 'InvalidJSONError'
  | 'InvalidRequestError'
  | 'OriginNotAllowedError'
  | 'ProxyRequiredError'
  | 'RequestHeadersTooLargeError'
  | 'RequestTimeoutError'
  | 'TooManyRequestsError'
  | 'UnsupportedMediaTypeError'
  | 'URITooLongError';

/** A refused request. The message is for the client's developer. It must never repeat a key or a body. */
export class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly code: HttpErrorCode,
    message: string,
    readonly options: {
      /** Seconds until a retry makes sense. */
      retryAfter?: number;
      /** Keeps the refusal out of the list of refused requests. */
      unlisted?: boolean;
    } = {},
  ) {
    super(message);
  }
}
