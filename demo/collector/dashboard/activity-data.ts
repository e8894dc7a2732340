import { badParameter } from '../model/errors.ts';
import type { DashboardSource } from './dashboard-data.ts';
import type { ActivityData } from './page/data.ts';
import { KEY_NAMES } from './page/key-names.ts';

const MOST = 1_000;

/**
 * Reads what the page of refused requests shows.
 * @param query of the URL: `key`, a class, and `code`, what a reason begins with, each as a filter; `limit`
 * @throws DomainError InvalidParameterError
 */
export async function activityData(
  { key, code, limit = '100' }: Record<string, unknown>,
  { storage, projectId, now }: DashboardSource,
): Promise<ActivityData> {
  if (key !== undefined && !isClass(key))
    throw badParameter(`"key" must be one of ${Object.keys(KEY_NAMES).join(', ')}.`);
  if (code !== undefined && !(typeof code === 'string' && /^\w{1,64}$/.test(code)))
    throw badParameter('"code" must be the name of an error.');
  if (!(typeof limit === 'string' && /^[1-9]\d{0,3}$/.test(limit) && Number(limit) <= MOST))
    throw badParameter(`"limit" must be 1 to ${MOST}.`);
  const { newest, counts } = await storage.refusals.report(Number(limit) + 1, { key, code });
  return { projectId, now: now(), counts, newest: newest.slice(0, Number(limit)), more: newest.length > Number(limit) };
}

const isClass = (key: unknown): key is keyof typeof KEY_NAMES =>
  typeof key === 'string' && Object.hasOwn(KEY_NAMES, key);
