import { badParameter } from '../model/errors.ts';
import type { DashboardSource } from './dashboard-data.ts';
import type { ActivityData } from './page/data.ts';
import { KEY_NAMES } from './page/key-names.ts';

const MAX_LIMIT = 1_000;

/**
 * Reads the data of the page of refused requests.
 * @param query parameters of the URL: `key`, a class of key, and `code`, the start of a reason, both as filters;
 *   `limit`, 1 to 1,000, 100 by default
 * @throws DomainError InvalidParameterError
 */
export async function activityData(
  { key, code, limit = '100' }: Record<string, unknown>,
  { storage, projectId, now }: DashboardSource,
): Promise<ActivityData> {
  if (key !== undefined && !isKeyClass(key))
    throw badParameter(`"key" must be one of ${Object.keys(KEY_NAMES).join(', ')}.`);
  if (code !== undefined && !(typeof code === 'string' && /^\w{1,64}$/.test(code)))
    throw badParameter('"code" must be the name of an error.');
  if (!(typeof limit === 'string' && /^[1-9]\d{0,3}$/.test(limit) && Number(limit) <= MAX_LIMIT))
    throw badParameter(`"limit" must be 1 to ${MAX_LIMIT}.`);
  // One more than asked for tells whether there are older ones.
  const { newest, counts } = await storage.refusals.report(Number(limit) + 1, { key, code });
  return { projectId, now: now(), counts, newest: newest.slice(0, Number(limit)), more: newest.length > Number(limit) };
}

const isKeyClass = (key: unknown): key is keyof typeof KEY_NAMES =>
  typeof key === 'string' && Object.hasOwn(KEY_NAMES, key);
