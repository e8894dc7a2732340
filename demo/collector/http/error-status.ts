import type { ErrorCode } from '../model/errors.ts';
import type { HttpErrorCode } from './http-error.ts';

/** The HTTP status of every error code. A code without a status does not compile. */
export const STATUS: Readonly<Record<ErrorCode | HttpErrorCode, number>> = {
  AdminOnlyEndpointError: 403,
  ConflictError: 409,
  InternalError: 500,
  InvalidApiKeyError: 401,
  InvalidBatchError: 400,
  InvalidBodyError: 400,
  InvalidCollectionNameError: 400,
  InvalidEventError: 400,
  InvalidJSONError: 400,
  InvalidKeenNamespaceProperty: 400,
  InvalidParameterError: 400,
  InvalidPropertyNameError: 400,
  InvalidPropertyValueError: 400,
  InvalidRequestError: 400,
  ListsOfNonPrimitivesNotAllowedError: 400,
  NamespaceTypeError: 400,
  OriginNotAllowedError: 403,
  ProxyRequiredError: 403,
  QueryTimeoutError: 504,
  QueryTooLargeError: 422,
  RequestEntityTooLargeError: 413,
  RequestHeadersTooLargeError: 431,
  RequestTimeoutError: 408,
  ResourceNotFoundError: 404,
  ServiceUnavailableError: 503,
  TooManyRequestsError: 429,
  UnsupportedMediaTypeError: 415,
  URITooLongError: 414,
};
