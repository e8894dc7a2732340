import { isIP } from 'node:net';
import { type Addon, AddonError, requireString } from './addon.ts';

/** `keen:ip_to_geo`: the place of an IP address, from the operator's database. */
export const ipToGeo: Addon = {
  inputs: ['ip'],
  removable: { flag: 'remove_ip_property', input: 'ip' },
  run([ip], locate) {
    if (!locate) throw new AddonError('this collector has no GeoIP database');
    const address = requireString(ip).trim();
    if (!isIP(address)) throw new AddonError('its input is not an IP address');
    const place = locate(address);
    if (!place) throw new AddonError('the GeoIP database does not know the address');
    return place;
  },
};
