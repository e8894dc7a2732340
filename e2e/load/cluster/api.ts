import type { Cluster } from '../../../scripts/cluster/cluster.mjs';

/** Keys of every cluster under load. */
export const KEYS = { write: 'write_10ad10ad10ad', read: 'read_10ad10ad10ad', master: 'master_10ad10ad10ad' };

/** Settings of a collector under load. */
export const LOAD_ENV = {
  WRITE_KEY: KEYS.write,
  READ_KEY: KEYS.read,
  MASTER_KEY: KEYS.master,
  DASHBOARD_TOKEN: 'dashboard-under-load',
  RATE_BY_KEY: '0',
  BYTE_RATE_BY_KEY: '0',
  QUERY_TIMEOUT: '300',
};

const TIMEOUT_MS = 300_000;

/** The addresses of the collectors' APIs, up to the project id. */
export const apisOf = ({ urls, projectId }: Cluster): string[] => urls.map((url) => `${url}/3.0/projects/${projectId}`);

/** The result of a query. @throws Error with the collector's answer, if it is none */
export async function query(api: string, type: string, parameters: object, timeoutMs = TIMEOUT_MS): Promise<unknown> {
  const response = await fetch(`${api}/queries/${type}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.read}`, 'content-type': 'application/json' },
    body: JSON.stringify(parameters),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} to ${type}: ${text}`);
  return (JSON.parse(text) as { result: unknown }).result;
}

/** A query that is asked until a collector answers. */
export async function insist(apis: string[], type: string, parameters: object, timeoutMs = TIMEOUT_MS) {
  let last: unknown;
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; ) {
    for (const api of apis) {
      try {
        return await query(api, type, parameters);
      } catch (error) {
        last = error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw last;
}
