import { connect, type Socket } from 'node:net';
import type { Count, Stop, World } from './world.ts';

/** Opens connections that are opened again when the collector closes them. */
function keepOpen(
  { origin }: World,
  connections: number,
  count: Count,
  use: (socket: Socket, n: number) => Stop | undefined,
): Stop {
  const { hostname, port } = new URL(origin);
  const open = new Map<Socket, Stop | undefined>();
  let stopped = false;
  function start(n: number): void {
    const socket = connect(Number(port), hostname);
    let isAnswered = false;
    // An attack of this kind can go without any answer.
    socket.once('connect', () => count('connected'));
    socket.on('error', (error) => count((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on('data', (chunk: Buffer) => {
      if (isAnswered) return;
      isAnswered = true;
      count(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 'other');
    });
    socket.once('close', () => {
      open.get(socket)?.();
      open.delete(socket);
      if (!stopped) setTimeout(() => stopped || start(n), 200);
    });
    open.set(socket, use(socket, n));
  }
  for (let n = 0; n < connections; n++) start(n);
  return () => {
    stopped = true;
    for (const socket of open.keys()) socket.destroy();
  };
}

const head = (request: string, { path }: World, headers: Record<string, string>) =>
  [
    `${request.replace('$', path)} HTTP/1.1`,
    'host: x',
    ...Object.entries(headers).map((pair) => pair.join(': ')),
    '',
    '',
  ].join('\r\n');

/** 32 bodies of 8 MB that are announced, and of which a byte comes each second. */
export function sendSlowly(world: World, count: Count, source: (n: number) => string): Stop {
  return keepOpen(world, 32, count, (socket, n) => {
    socket.write(
      head('POST $/events', world, {
        authorization: world.keys.write,
        'content-type': 'application/json',
        'content-length': '8000000',
        'x-forwarded-for': source(n),
      }),
    );
    socket.write('{');
    const timer = setInterval(() => socket.write(' '), 1_000);
    return () => clearInterval(timer);
  });
}

export function openIdle(world: World, count: Count): Stop {
  return keepOpen(world, 2_000, count, () => undefined);
}

/** Extractions of which only the first bytes are read. */
export function leaveUnread(world: World, count: Count, source: (n: number) => string): Stop {
  return keepOpen(world, 8, count, (socket, n) => {
    socket.write(
      head(`GET $/queries/extraction?event_collection=${world.views}`, world, {
        authorization: world.keys.read,
        'x-forwarded-for': source(n),
      }),
    );
    socket.once('data', () => socket.pause());
    return undefined;
  });
}

/** 600 guesses at the dashboard's token that are sent at once, again and again. */
export function pipeline(world: World, count: Count, source: (n: number) => string): Stop {
  return keepOpen(world, 4, count, (socket, n) => {
    const guesses = (round: number) =>
      Array.from({ length: 600 }, (_, guess) =>
        head(`GET /dashboard/?token=guess-${round}-${guess}-0123456789`, world, { 'x-forwarded-for': source(n) }),
      ).join('');
    let round = 0;
    const timer = setInterval(() => socket.writableLength === 0 && socket.write(guesses(round++)), 250);
    return () => clearInterval(timer);
  });
}
