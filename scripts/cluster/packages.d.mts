/** The reason why a program of the cluster cannot be had on this machine, in words for whoever reads the log. */
export class UnavailableError extends Error {}

/** The folder that keeps the programs: `.cluster/`, or `MAILSLOT_CLUSTER_CACHE`. */
export const cacheFolder: string;

/**
 * The path of ClickHouse's library, downloaded on first use (178 MB, 566 MB on disk).
 * @throws UnavailableError if this system cannot run it, or the registry does not have it
 */
export function provideClickHouse(): Promise<string>;

/**
 * The path of the program nats-server, downloaded on first use (6 MB) from the Debian mirror of this machine.
 * @throws UnavailableError if this system cannot run it, or the mirror has none of the versions
 */
export function provideNats(): Promise<string>;

/**
 * Downloads both programs before tests begin, so that none waits for that. `MAILSLOT_WITHOUT_CLICKHOUSE` and
 * `MAILSLOT_WITHOUT_NATS` of this process' environment then have the reason why one cannot be had. Takes four minutes at
 * most, or `MAILSLOT_DOWNLOAD_SECONDS`.
 */
export function provideAll(): Promise<void>;
