/** Looks up the place of an IP address. Returns `undefined` for an unknown address. */
export type Locate = (ip: string) => Place | undefined;

/** The place of an IP address. Unknown members are absent. */
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
  /** Members of its `input` that hold the path of a property of the event. All are required. */
  inputs: readonly string[];
  /** A boolean in its `input` that removes the property of that input, even if the add-on fails. */
  removable?: { flag: string; input: string };
  /**
   * Computes the output.
   * @param values of the inputs, in the order of `inputs`
   * @param locate absent without a GeoIP database
   * @throws AddonError for unusable values
   */
  run(values: unknown[], locate: Locate | undefined): object;
}

/** The reason why an add-on has no output. Its message is stored with the event, so it must not hold a value. */
export class AddonError extends Error {
  override name = 'AddonError';
}

/** @throws AddonError for a value that is not a string */
export function requireString(value: unknown): string {
  if (typeof value !== 'string') throw new AddonError('its input is not a string');
  return value;
}
