import { watchFile } from 'node:fs';
import maxmind, { type CityResponse } from 'maxmind';
import { SettingsError } from '../../model/settings-error.ts';
import type { Locate, Place } from './addon.ts';

/**
 * Opens a MaxMind-format database of cities or countries. The file may be replaced while the collector runs, as the makers of such
 * files do every week; one that cannot be read then leaves the one before in use.
 * @param interval milliseconds between looks at the file
 * @throws SettingsError if it cannot be read or is none
 */
export async function openGeo(file: string, interval = 10_000): Promise<Locate> {
  const open = () => maxmind.open<CityResponse>(file);
  let reader = await open().catch((error: Error) => {
    throw new SettingsError(`The GeoIP database ${file} cannot be used: ${error.message}`);
  });
  // Not the library's own watch, for which a file that is broken is an error that ends the process.
  watchFile(file, { persistent: false, interval }, async () => {
    try {
      reader = await open();
    } catch (error) {
      console.error(JSON.stringify({ error: `the new GeoIP database cannot be used: ${(error as Error).message}` }));
    }
  });
  return (ip) => {
    const found = reader.get(ip);
    return found ? toPlace(found) : undefined;
  };
}

function toPlace({ city, subdivisions, country, continent, postal, location }: CityResponse): Place {
  const place = {
    city: city?.names?.en,
    province: subdivisions?.[0]?.names?.en,
    country: country?.names?.en,
    country_code: country?.iso_code,
    continent: continent?.names?.en,
    postal_code: postal?.code,
    coordinates: location?.longitude === undefined ? undefined : [location.longitude, location.latitude],
  };
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) as Place;
}
