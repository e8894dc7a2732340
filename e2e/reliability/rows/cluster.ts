// The collector on NATS and ClickHouse.
import type { Row } from '../row.ts';
import { untilSent } from '../tracker-calls.ts';

const KINDS = ['nats', 'clickhouse', 'loader', 'collector'] as const;

export const cluster: readonly Row[] = [
  {
    name: 'collector on the cluster, one node of each kind killed',
    onCluster: true,
    async run(lab) {
      const tab = await lab.open(lab.page({ options: { flushInterval: 0 } }));
      for (const kind of KINDS) {
        const part = lab.cluster!.parts.find((one) => one.kind === kind)!;
        await lab.track(tab, 200);
        await part.end();
        // While it is away.
        await lab.track(tab, 200);
        await untilSent(tab, 120_000);
        await part.start();
      }
    },
  },
];
