/** Knows where an address is. */
export type Locate = (ip: string) => Place | undefined;

/** What is known of an address's place; what is not known is left out. */
export interface Place {
  city?: string;
  province?: string;
  country?: string;
  country_code?: string;
  continent?: string;
  postal_code?: string;
  /** Longitude, latitude, in degrees. */
  coordinates?: [number, number];
}

/** One of Keen's data enrichments. */
export interface Addon {
  /** The properties of its `input` that name a property of the event, all of them needed. */
  inputs: readonly string[];
  /** A switch in its `input` that has the property behind that input removed, whether or not the add-on has an output. */
  removable?: { flag: string; input: string };
  /**
   * Makes the output from the values of the inputs, in their order.
   * @param locate absent where the operator has given no database
   * @throws AddonError where it cannot
   */
  run(values: unknown[], locate: Locate | undefined): object;
}

/** Why an add-on has no output. Its message is stored with the event, so it holds no value. */
export class AddonError extends Error {
  override name = 'AddonError';
}

/** @throws AddonError where the value is not a string */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new AddonError('its input is not a string');
  return value;
}
