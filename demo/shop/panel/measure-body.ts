/** Events by collection, and bytes of UTF-8, of a bulk body. */
export function measureBody(body: BodyInit | null | undefined): { sent: Record<string, number>; bytes: number } {
  const text = typeof body === 'string' ? body : ArrayBuffer.isView(body) ? new TextDecoder().decode(body) : '';
  const bytes = ArrayBuffer.isView(body) ? body.byteLength : new TextEncoder().encode(text).length;
  try {
    const sent = Object.entries(JSON.parse(text)).map(([name, events]) => [
      name,
      Array.isArray(events) ? events.length : 1,
    ]);
    return { sent: Object.fromEntries(sent), bytes };
  } catch {
    // Whatever it is, whoever looks on must not stop it.
    return { sent: {}, bytes };
  }
}
