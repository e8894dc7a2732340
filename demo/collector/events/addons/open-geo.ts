import { watchFile } from 'node:fs';
import maxmind, { type CityResponse } from 'maxmind';
import { logEntry } from '../../model/log-entry.ts';
import { SettingsError } from '../../model/settings-error.ts';
import type { Locate, Place } from './addon.ts';

/**
 * Opens a database of cities or countries in MaxMind's format, and reopens the file when it changes: providers update
 * it weekly. If a new file cannot be opened, the previous one stays in use.
 * @param intervalMs milliseconds between checks for a change
 * @throws SettingsError if the file cannot be read or is not a database
 */
export async function openGeo(file: string, intervalMs = 10_000): Promise<Locate> {
  const open = () => maxmind.open<CityResponse>(file);
  let reader = await open().catch((error: Error) => {
    throw new SettingsError(`The GeoIP database ${file} cannot be used: ${error.message}`);
  });
  // Not the library's own watcher, because a broken file would end the process with an unhandled error.
  watchFile(file, { persistent: false, interval: intervalMs }, async () => {
    try {
      reader = await open();
    } catch (error) {
      console.error(logEntry({ error: `the new GeoIP database cannot be used: ${(error as Error).message}` }));
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
