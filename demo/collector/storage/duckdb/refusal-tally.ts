import type { NotedRefusal, Refusal } from '../../model/refusal.ts';

const MINUTE = 60_000;
/** Different refusals of one minute that are noted as they are. Of those over it only class, status and kind are, which are few. */
const MAX_DIFFERENT = 200;
/** Characters of a route, an origin, a reason. A path may have thousands, of anybody's choice. */
const MAX_TEXT = 300;
/** Rows that wait for a disk that takes none. */
const MAX_WAITING = 2_000;

export interface RefusalTally {
  add(refusal: Refusal): void;
  /** Rows that are new or have changed since the last call. */
  take(): NotedRefusal[];
  /** Has them taken again, but for those that are too many: a disk may stay full for days. */
  putBack(rows: NotedRefusal[]): void;
}

/**
 * Counts equal refusals of one minute in one row. However many a flood brings, and however different, they become a few
 * hundred rows a minute, and those of the hours before stay in sight.
 * @param firstId of the first row; each row after it has the next one
 */
export function refusalTally(firstId: number): RefusalTally {
  let nextId = firstId;
  let minute = -1;
  let rows = new Map<string, NotedRefusal>();
  const changed = new Set<NotedRefusal>();

  function add(whole: Refusal): void {
    const refusal = cut(whole);
    const now = Math.floor(refusal.at / MINUTE);
    if (now !== minute) rows = new Map();
    minute = now;
    const row = rowOf(refusal) ?? (rows.size < MAX_DIFFERENT ? newRow(refusal) : summaryRow(refusal));
    row.at = refusal.at;
    row.times++;
    changed.add(row);
  }

  const rowOf = (refusal: Refusal) => rows.get(textOf(refusal));

  function newRow(refusal: Refusal): NotedRefusal {
    const row = { ...refusal, id: nextId++, times: 0 };
    rows.set(textOf(refusal), row);
    return row;
  }

  /** Without what whoever asks can make up. */
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
    return rowOf(summary) ?? newRow(summary);
  }

  return {
    add,
    take() {
      const taken = [...changed];
      changed.clear();
      return taken;
    },
    putBack(taken) {
      for (const row of taken) if (changed.size < MAX_WAITING) changed.add(row);
    },
  };
}

/** The name that a reason begins with, such as `InvalidApiKeyError`. */
export const codeOf = (reason: string): string => /^\w+/.exec(reason)?.[0] ?? '';

const cut = (refusal: Refusal): Refusal => ({
  ...refusal,
  route: refusal.route.slice(0, MAX_TEXT),
  origin: refusal.origin.slice(0, MAX_TEXT),
  reason: refusal.reason.slice(0, MAX_TEXT),
});

const textOf = ({ method, route, status, key, keyId, origin, reason }: Refusal) =>
  JSON.stringify([method, route, status, key, keyId, origin, reason]);
