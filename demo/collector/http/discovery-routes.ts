import type { FastifyInstance } from 'fastify';
import { ANALYSES } from '../queries/parse-analysis.ts';
import { authorizeMaster } from './authorize.ts';
import type { Context } from './context.ts';
import { refuseUnknownParameters } from './known-parameters.ts';
import type { RateLimits } from './rate-limits.ts';

/** All types of query, each of which has a route. */
const QUERY_TYPES = [...ANALYSES, 'multi_analysis', 'funnel', 'extraction'];

type Project = Pick<Context, 'storage' | 'projectId'>;

/** `GET /3.0` and `GET /3.0/projects`, which Keen's clients use to find a project, for Master keys alone. */
export function discoveryRoutes(app: FastifyInstance, context: Context, limits: RateLimits): void {
  app.addHook('onRequest', async (request) => authorizeMaster(request, context));
  app.addHook('onRequest', limits.byKey);
  refuseUnknownParameters(app);
  app.get('/', async () => ({ projects_resource_url: '/3.0/projects' }));
  app.get('/projects', async () => [describe(context)]);
}

/** `GET /3.0/projects/:id` for Master keys, and `GET /3.0/projects/:id/queries`, which lists the types of query. */
export function projectRoutes(app: FastifyInstance, context: Project): void {
  app.get('/', async () => describe(context));
  app.get('/queries', { config: { permission: 'queries' } }, async () =>
    Object.fromEntries(QUERY_TYPES.map((type) => [`${type}_url`, `${projectUrl(context)}/queries/${type}`])),
  );
}

const projectUrl = ({ projectId }: Pick<Context, 'projectId'>) => `/3.0/projects/${projectId}`;

/** Keen's answer also holds the project's key. Only the hashes of keys are stored here. */
function describe({ storage, projectId }: Project): object {
  const url = projectUrl({ projectId });
  return {
    id: projectId,
    // A project has no other name [U].
    name: projectId,
    url,
    events: [...storage.schema().keys()].map((name) => ({ name, url: `${url}/events/${encodeURIComponent(name)}` })),
    events_url: `${url}/events`,
    queries_url: `${url}/queries`,
    saved_queries: [],
  };
}
