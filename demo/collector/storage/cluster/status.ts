import type { JetStreamManager } from '@nats-io/jetstream';
import type { LogEnd } from './log.ts';

export interface PartitionStatus extends LogEnd {
  partition: number;
  /** `undefined` during an election, or without a quorum. A stream without replicas has its node as the leader. */
  leader: string | undefined;
  /** Nodes whose replica is offline or not current. */
  lagging: string[];
}

export interface ReplicaStatus {
  /** From 0. */
  shard: number;
  url: string;
  /** Of ClickHouse; `undefined` if it cannot be reached. */
  version: string | undefined;
  /** Records of its partitions that it does not have. */
  behind: number;
}

export interface ClusterStatus {
  /** The version of the node that was asked. */
  nats: string;
  partitions: PartitionStatus[];
  refused: number;
  replicas: ReplicaStatus[];
}

/** A partition's stream. @param name of the stream */
export async function readPartition(jsm: JetStreamManager, name: string, partition: number): Promise<PartitionStatus> {
  const { created, state, cluster } = await jsm.streams.info(name);
  return {
    partition,
    born: Date.parse(created),
    seq: state.last_seq,
    leader: cluster ? cluster.leader : name,
    lagging: (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline).map(({ name }) => name),
  };
}
