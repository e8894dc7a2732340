export interface BodyMeasure {
  /** Number of events in each collection; empty if the body is not a batch. */
  eventCounts: Record<string, number>;
  /** Bytes in UTF-8. */
  bytes: number;
}

/** Counts the events and bytes of a request's body. Never throws, because the request must go on. */
export function measureBody(body: BodyInit | null | undefined): BodyMeasure {
  const text = typeof body === 'string' ? body : ArrayBuffer.isView(body) ? new TextDecoder().decode(body) : '';
  const bytes = ArrayBuffer.isView(body) ? body.byteLength : new TextEncoder().encode(text).length;
  try {
    const counts = Object.entries(JSON.parse(text)).map(([name, events]) => [
      name,
      Array.isArray(events) ? events.length : 1,
    ]);
    return { eventCounts: Object.fromEntries(counts), bytes };
  } catch {
    return { eventCounts: {}, bytes };
  }
}
