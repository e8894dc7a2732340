import type { ClusterStatus } from '../storage/cluster/status.ts';

/** The status as lines: the log, then each replica of each shard. */
export function statusLines({ nats, partitions, refused, replicas }: ClusterStatus): string[] {
  const records = partitions.reduce((sum, { seq }) => sum + seq, 0);
  return [
    `NATS ${nats}: ${partitions.length} partitions, ${records} records`,
    ...partitions
      .filter(({ leader, lagging }) => !leader || lagging.length)
      .map(({ partition, leader, lagging }) =>
        leader
          ? `  partition ${partition}: replicas that lag or are offline: ${lagging.join(', ')}`
          : `  partition ${partition} has no leader, so nothing can be recorded in it`,
      ),
    ...replicas.map(({ shard, url, version, behind }) =>
      version === undefined
        ? `shard ${shard + 1}, ${url}: cannot be reached`
        : `shard ${shard + 1}, ${url}: ClickHouse ${version}, ${behind ? `${behind} records behind the log` : 'up to date'}`,
    ),
    ...(refused ? [`${refused} records that the store has refused are in the stream mailslot_refused`] : []),
  ];
}
