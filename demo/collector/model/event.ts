/** An event that has passed validation and is ready to be stored. */
export interface NewEvent {
  collection: string;
  id: string;
  /** `keen.uniqueness_token`; an event without one is never deduplicated. */
  token: string | undefined;
  /** `keen.timestamp` in milliseconds since 1970. */
  timestamp: number;
  /** `keen.created_at`, the time of arrival, in milliseconds since 1970. */
  createdAt: number;
  /** The event's JSON as queries see it, `keen` included. */
  json: string;
  /** The same event as an object. */
  properties: object;
}

/** The reason why an event is rejected, in the format of a batch's result for one event. */
export interface EventProblem {
  name:
    | 'InvalidCollectionNameError'
    | 'InvalidPropertyNameError'
    | 'InvalidPropertyValueError'
    | 'InvalidEventError'
    | 'InvalidKeenNamespaceProperty'
    | 'NamespaceTypeError'
    | 'ListsOfNonPrimitivesNotAllowedError';
  description: string;
}
