/** An event that has passed every check. */
export interface NewEvent {
  collection: string;
  id: string;
  /** `keen.uniqueness_token`. */
  token: string | undefined;
  /** Milliseconds since 1970. */
  timestamp: number;
  createdAt: number;
  /** The event as queries see it, `keen` included. */
  json: string;
  /** The same as an object. */
  properties: object;
}

/** Why one event was refused, in the shape of a bulk's per-event result. */
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
