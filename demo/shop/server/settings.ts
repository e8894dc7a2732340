import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { yesOrNo } from '../../collector/settings/values.ts';
import type { PortChoice } from './find-port.ts';

/** The demo's project. Fixed, because a browser's queue belongs to a project and must survive a restart of the demo. */
const PROJECT_ID = '5ca1ab1e0ff1ce0ca5e1ab1e';

export interface Settings {
  projectId: string;
  /** The collector's database file, which is kept between starts. */
  data: string;
  /** The collector's request log, which each start overwrites. */
  log: string;
  pages: PortChoice;
  collector: PortChoice;
  tlsSelfMade: boolean;
  /** Folder of the built package. */
  packageDist: string;
  /** Folder of the built demo. */
  demoDist: string;
}

/**
 * Reads the demo's settings from environment variables.
 *
 * | variable | meaning | default |
 * | --- | --- | --- |
 * | `DEMO_PORT` | port of the two pages | the first free one from 4800 |
 * | `COLLECTOR_PORT` | port of the collector and its dashboard | the first free one from 4900 |
 * | `DATA` | the collector's database file; its request log goes beside it | `demo/data/demo.duckdb` |
 * | `TLS_SELF_MADE` | HTTPS for pages and collector, with a generated certificate beside the database | `false` |
 *
 * The collector inherits all other variables.
 *
 * @throws Error for an invalid port or boolean
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  // The build bundles this file into demo/dist/demo.js.
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
    throw new Error(`${name} must be a port from 1 to 65535, not "${text}".`);
  }
  return { wanted };
}
