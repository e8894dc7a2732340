// Entry of `npm run demo`: serves the shop's pages, and runs the collector as a child process on another origin.
import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { selfMadeCertificate } from '../../collector/tls/self-made-certificate.ts';
import { readTls } from '../../collector/tls/tls.ts';
import { createCollectorProcess } from './collector-process.ts';
import { createKeys } from './create-keys.ts';
import { createPagesServer } from './create-pages-server.ts';
import { findPort } from './find-port.ts';
import { readSettings } from './settings.ts';

const HOST = '127.0.0.1';

try {
  await main();
} catch (error) {
  console.error(`mailslot: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function main() {
  const settings = readSettings(process.env);
  const pagesPort = await findPort(HOST, settings.pages, 'DEMO_PORT');
  const collectorPort = await findPort(HOST, settings.collector, 'COLLECTOR_PORT');
  const keys = createKeys();
  mkdirSync(dirname(settings.data), { recursive: true });

  // The collector uses the same certificate, so that a visitor has to accept it only once.
  const tls = settings.tlsSelfMade ? readTls(await selfMadeCertificate(dirname(settings.data), HOST)) : undefined;
  const scheme = tls ? 'https' : 'http';

  console.error('mailslot: starting the collector …');
  const env = {
    HOST,
    PORT: String(collectorPort),
    DATA: settings.data,
    PROJECT_ID: settings.projectId,
    WRITE_KEY: keys.write,
    READ_KEY: keys.read,
    MASTER_KEY: keys.master,
  };
  const collector = createCollectorProcess(join(settings.demoDist, 'collector.js'), env, settings.log);
  await collector.start();

  const app = await createPagesServer({
    hosts: [`${HOST}:${pagesPort}`, `localhost:${pagesPort}`],
    endpoint: `${scheme}://${HOST}:${collectorPort}`,
    tls,
    projectId: settings.projectId,
    writeKey: keys.write,
    collector,
    packageDist: settings.packageDist,
    demoDist: settings.demoDist,
  });
  await app.listen({ host: HOST, port: pagesPort });

  const pages = `${scheme}://${HOST}:${pagesPort}`;
  console.log(
    [
      '',
      `  Shop, as a website (script tag)       ${pages}/`,
      `  Shop, as a single-page app (import)   ${pages}/spa`,
      `  Dashboard                             ${collector.dashboard}`,
      '',
      process.env.STORAGE === 'cluster'
        ? '  The collector records into the cluster, whose files are in demo/data/demo-cluster.'
        : `  The collector keeps its database in ${relative(process.cwd(), settings.data)} and its request log beside it.`,
      '  Ctrl-C ends it.',
      '',
    ].join('\n'),
  );

  let ending = false;
  const end = async () => {
    // npm passes Ctrl-C on as a second signal, so a second one must not end the process early.
    if (ending) return;
    ending = true;
    console.error('mailslot: ending …');
    await app.close();
    await collector.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
}
