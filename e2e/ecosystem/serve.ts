import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { until } from '../../scripts/testing/until.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { startProcessTree } from '../fixtures/process-tree.ts';
import { toolEnvironment } from './project.ts';
import type { Serving } from './row.ts';

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};
const START_TIMEOUT_MS = 120_000;

/** A running site of a project. */
export interface Server {
  /** `http://localhost:PORT`. */
  readonly url: string;
  /** What it has printed. */
  readonly output: string;
  close(): Promise<void>;
}

/** Serves a built project. */
export const serve = (folder: string, serving: Serving): Promise<Server> =>
  serving.kind === 'folder'
    ? serveFolder(join(folder, serving.folder), serving.fallback)
    : serveByScript(folder, serving.script, serving.args);

async function serveFolder(folder: string, fallback?: string): Promise<Server> {
  const find = (pathname: string) => {
    const path = join(folder, normalize(decodeURIComponent(pathname)));
    const candidates = [path, `${path}.html`, join(path, 'index.html')];
    if (fallback && !extname(pathname)) candidates.push(join(folder, fallback));
    return candidates.find((file) => existsSync(file) && statSync(file).isFile());
  };
  const server = createServer((request, response) => {
    const file = find(new URL(request.url ?? '/', 'http://site').pathname);
    if (!file) return void response.writeHead(404).end();
    const type = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream';
    return void response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    output: '',
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serveByScript(
  folder: string,
  script: string,
  args: (port: number) => string[] = () => [],
): Promise<Server> {
  const [port] = (await freePorts(1)) as [number];
  const words = ['run', script, ...(args(port).length ? ['--', ...args(port)] : [])];
  const tree = startProcessTree('npm', words, { cwd: folder, env: toolEnvironment({ PORT: String(port) }) });
  const url = `http://localhost:${port}`;
  let ended: string | undefined;
  void tree.ended.then((code) => (ended = code));
  const answers = async () => {
    if (ended) throw new Error(`npm run ${script} ended with ${ended}:\n${tree.output}`);
    // A server that does not listen yet is asked again.
    return fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
  };
  try {
    await until(`npm run ${script} to answer`, answers, START_TIMEOUT_MS);
  } catch (error) {
    await tree.kill();
    throw new Error(`${(error as Error).message}\n${tree.output}`);
  }
  return {
    url,
    get output() {
      return tree.output;
    },
    close: () => tree.kill(),
  };
}
