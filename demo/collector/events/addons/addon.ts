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

/** Units of work that one run takes, in addition to one for each character of its inputs. */
export const RUN_UNITS = 50;
/** Units of work for the add-ons of one request. Keen documents no limit [U]. One event needs at most 402,000. */
export const MAX_ADDON_UNITS = 5_000_000;

/** The add-ons of one request. */
export interface AddonRuns {
  /** Absent without a GeoIP database. */
  locate: Locate | undefined;
  /** Units of work that are left. `runAddons` decreases it. */
  unitsLeft: number;
  /** Outputs so far, by the name and the inputs of the add-on. Events of one batch often have equal inputs. */
  outputs: Map<string, object>;
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
