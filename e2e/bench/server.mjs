// The other end of the bench, in a process of its own: pages on one origin, a collector's answers on another.
//
// Not the real collector: its database would compete with the browser for the processor during the very
// milliseconds that are measured. What a page pays for is the answer, and that is the same.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const folder = process.argv[2];

async function listen(handle) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

const pages = await listen((request, response) => {
  const name = new URL(request.url, 'http://pages').pathname.slice(1);
  const isScript = /^[a-z]+\.js$/.test(name);
  response.writeHead(200, {
    'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8',
    // A page that shares nothing gets a clock of 5 µs instead of 100 µs.
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
  response.end(
    isScript
      ? readFileSync(join(folder, name))
      : `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><script type="module" src="/${name}.js"></script>`,
  );
});

const collector = await listen(async (request, response) => {
  response.setHeader('access-control-allow-origin', '*');
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-max-age': '7200',
    });
    response.end();
    return;
  }
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const results = Object.entries(JSON.parse(body)).map(([collection, events]) => [
    collection,
    events.map(() => ({ success: true })),
  ]);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(Object.fromEntries(results)));
});

console.log(JSON.stringify({ pages, collector }));
