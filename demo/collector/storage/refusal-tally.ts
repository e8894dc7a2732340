import type { NotedRefusal, Refusal } from '../model/refusal.ts';

const MINUTE_MS = 60_000;
/** Different refusals of one minute that have rows of their own. The rest shares a row per class, status and code. */
const MAX_DIFFERENT = 200;
/** Characters of a route, an origin or a reason. A client can send a path with thousands. */
const MAX_TEXT_CHARS = 300;
/** Changed rows that stay in memory while the disk fails. */
const MAX_WAITING_ROWS = 2_000;

export interface RefusalTally {
  add(refusal: Refusal): void;
  /** Returns the rows that are new or changed since the last call. */
  take(): NotedRefusal[];
  /** Marks rows as changed again after a failed write, up to 2,000 rows: a disk can stay full for days. */
  putBack(rows: NotedRefusal[]): void;
  /** Replaces a segment of all routes by `…`. */
  erase(segment: string): void;
  /** The lowest id of the current minute. Rows from it on can still change. */
  firstOpenId(): number;
}

/**
 * Counts equal refusals of one minute in one row. A flood, however large and varied, becomes a few hundred rows a
 * minute, so that it does not displace the rows of the hours before.
 * @param firstId the id of the first row; ids ascend by one
 */
export function createRefusalTally(firstId: number): RefusalTally {
  let nextId = firstId;
  let firstOpenId = firstId;
  let minute: number | undefined;
  let rows = new Map<string, NotedRefusal>();
  const changed = new Set<NotedRefusal>();

  function add(fullRefusal: Refusal): void {
    const refusal = truncate(fullRefusal);
    const currentMinute = Math.floor(refusal.at / MINUTE_MS);
    if (currentMinute !== minute) {
      rows = new Map();
      firstOpenId = nextId;
    }
    minute = currentMinute;
    const row = findRow(refusal) ?? (rows.size < MAX_DIFFERENT ? addRow(refusal) : summaryRow(refusal));
    row.at = refusal.at;
    row.times++;
    changed.add(row);
  }

  const findRow = (refusal: Refusal) => rows.get(rowKey(refusal));

  function addRow(refusal: Refusal): NotedRefusal {
    const row = { ...refusal, id: nextId++, times: 0 };
    rows.set(rowKey(refusal), row);
    return row;
  }

  /** The shared row, without the members that a client can choose freely. */
  function summaryRow(refusal: Refusal): NotedRefusal {
    const { at, status, key, reason } = refusal;
    const summary = {
      at,
      method: '…',
      route: '…',
      status,
      key,
      keyId: '',
      origin: '',
      reason: `${codeOf(reason)}: many different ones in one minute`,
    };
    return findRow(summary) ?? addRow(summary);
  }

  return {
    add,
    take() {
      const taken = [...changed];
      changed.clear();
      return taken;
    },
    erase(segment) {
      for (const row of new Set([...rows.values(), ...changed])) row.route = withoutSegment(row.route, segment);
      rows = new Map([...rows.values()].map((row) => [rowKey(row), row]));
    },
    firstOpenId: () => firstOpenId,
    putBack(taken) {
      for (const row of taken) if (changed.size < MAX_WAITING_ROWS) changed.add(row);
    },
  };
}

function withoutSegment(route: string, segment: string): string {
  return route
    .split('/')
    .map((one) => (one === segment || one === encodeURIComponent(segment) ? '…' : one))
    .join('/');
}

/** The error code at the start of a reason, such as `InvalidApiKeyError`. */
const codeOf = (reason: string): string => /^\w+/.exec(reason)?.[0] ?? '';

const truncate = (refusal: Refusal): Refusal => ({
  ...refusal,
  route: refusal.route.slice(0, MAX_TEXT_CHARS),
  origin: refusal.origin.slice(0, MAX_TEXT_CHARS),
  reason: refusal.reason.slice(0, MAX_TEXT_CHARS),
});

const rowKey = ({ method, route, status, key, keyId, origin, reason }: Refusal) =>
  JSON.stringify([method, route, status, key, keyId, origin, reason]);
