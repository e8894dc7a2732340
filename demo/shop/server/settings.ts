import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { yesOrNo } from '../../collector/settings/values.ts';

/** The demo's project. It stays the same, so that a browser's queue still fits after a restart. */
const PROJECT_ID = '5ca1ab1e0ff1ce0ca5e1ab1e';

export interface Settings {
  projectId: string;
  /** The collector's database file; kept between starts. */
  data: string;
  /** Its request log, begun anew at each start. */
  log: string;
  /** `wanted` is a port that was asked for; without it the demo takes the first free one from `from`. */
  pages: { wanted?: number; from: number };
  collector: { wanted?: number; from: number };
  tlsSelfMade: boolean;
  /** Built files: the package's and the demo's own. */
  packageDist: string;
  demoDist: string;
}

/**
 * What the environment says about the demo.
 *
 * | variable | what | default |
 * | --- | --- | --- |
 * | `DEMO_PORT` | port of the two pages | the first free one from 4800 |
 * | `COLLECTOR_PORT` | port of the collector and its dashboard | the first free one from 4900 |
 * | `DATA` | the collector's database file; its request log goes beside it | `demo/data/demo.duckdb` |
 * | `TLS_SELF_MADE` | HTTPS for all of it, with a certificate of its own beside the database | `false` |
 *
 * Whatever else the environment says is for the collector, which inherits it.
 *
 * @throws Error for a port that is none.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  // This file runs from demo/dist/, where the build puts it.
  const demoDist = dirname(fileURLToPath(import.meta.url));
  const root = dirname(dirname(demoDist));
  const data = env.DATA || join(root, 'demo/data/demo.duckdb');
  return {
    projectId: PROJECT_ID,
    data,
    log: join(dirname(data), 'requests.log'),
    pages: { ...port(env, 'DEMO_PORT'), from: 4800 },
    collector: { ...port(env, 'COLLECTOR_PORT'), from: 4900 },
    tlsSelfMade: env.TLS_SELF_MADE ? yesOrNo(env.TLS_SELF_MADE, 'TLS_SELF_MADE') : false,
    packageDist: join(root, 'dist'),
    demoDist,
  };
}

function port(env: NodeJS.ProcessEnv, name: string): { wanted?: number } {
  const text = env[name];
  if (!text) return {};
  const wanted = Number(text);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 65_535) {
    throw new Error(`${name} is to be a port from 1 to 65535, not "${text}".`);
  }
  return { wanted };
}
