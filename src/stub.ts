// What a page carries inline, so that it can track before mailslot.js has come: it keeps each call with its time, and the
// last consent. At most 200 bytes when minified.
var mailslot: any =
  (window as any).mailslot ||
  Object.assign((...call: unknown[]) => mailslot.q.push([Date.now(), call]), {
    q: [],
    setConsent: (consent: unknown) => (mailslot.c = consent),
  });
(window as any).mailslot = mailslot;
