import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressOf, networkOf } from './rate-limits.ts';

/** A limit of the connections that one address has at a time. */
export interface AddressLimit {
  /** Connections; 0 is no limit. */
  max: number;
  /** Whether an address, such as a proxy's, has no limit. */
  isExempt(address: string | undefined): boolean;
}

/** The limit of an IPv6 /48, which one customer of a provider can have, in limits of a /64. */
const NETWORK_SHARES = 4;

/**
 * Closes new connections of an address (IPv6: one /64, and a larger limit for its /48) that has as many as it may, also
 * before their TLS handshake. Otherwise one address could take all connections of the collector.
 */
export function limitByAddress(server: Server, { max, isExempt }: AddressLimit): void {
  if (!max) return;
  const counts = new Map<string, number>();
  const add = (subject: string, change: number) => {
    const count = (counts.get(subject) ?? 0) + change;
    if (count) counts.set(subject, count);
    else counts.delete(subject);
  };
  const isFull = (subject: string, limit: number) => (counts.get(subject) ?? 0) >= limit;

  server.on('connection', (socket: Socket) => {
    const ip = socket.remoteAddress;
    // A connection that is closed already has no address.
    if (ip === undefined || isExempt(ip)) return;
    const address = `address ${addressOf({ ip })}`;
    const network = `network ${networkOf({ ip })}`;
    if (isFull(address, max) || isFull(network, max * NETWORK_SHARES)) return void socket.destroy();
    add(address, 1);
    add(network, 1);
    socket.once('close', () => {
      add(address, -1);
      add(network, -1);
    });
  });
}
