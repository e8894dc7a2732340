// What a page of the journey does. It uses only the syntax and `journey` itself, because the rest may be polluted.
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
journey.steps = (() => {
  const LIMIT_MS = 25_000;
  const { collection, report, pause, jsonOf, textOf } = journey;
  const EPOCH = new Date(0);

  const contentOf = (n) => ({
    n,
    text: ' a "quoted" text ',
    list: ['one', 'two'],
    nested: { deep: { yes: true, none: null } },
    date: EPOCH,
    price: 1.5,
  });

  /** Waits for a promise of the tracker's; undefined if it takes too long or rejects. */
  const settled = (what, promise) =>
    new Promise((done) => {
      let isOver = false;
      const end = (problem, value) => {
        if (!isOver && problem) report('stuck', `${what} ${problem}`);
        isOver = true;
        done(value);
      };
      pause(LIMIT_MS).then(() => end('does not settle'));
      try {
        promise.then(
          (value) => end('', value),
          (error) => end(`rejects: ${textOf(error)}`),
        );
      } catch (error) {
        end(`gives no promise: ${textOf(error)}`);
      }
    });

  const attempt = (what, call) => {
    try {
      return call();
    } catch (error) {
      report('stuck', `${what} throws: ${textOf(error)}`);
      return undefined;
    }
  };

  /** Tracks the event with number `n`, and reports its JSON and its outcome. */
  const track = async (call, n) => {
    const event = contentOf(n);
    let json;
    try {
      json = jsonOf(event);
    } catch {
      // An event without JSON is dropped.
    }
    report('event', `${n} ${json}`);
    const promise = attempt('track()', () => call(collection, event));
    const outcome = promise && (await settled(`track(${n})`, promise));
    report('outcome', `${n} ${outcome}`);
  };

  /** Flushes until no event waits. */
  const empty = async (tracker) => {
    const end = journey.now() + LIMIT_MS;
    for (;;) {
      const left = await settled(
        'pending()',
        attempt('pending()', () => tracker.pending()),
      );
      if (left === 0) return;
      if (left === undefined || journey.now() > end) return report('stuck', `${left} events stay`);
      await settled(
        'flush()',
        attempt('flush()', () => tracker.flush()),
      );
      await pause(10);
    }
  };

  const grant = async (tracker) => {
    report('granting', `${journey.now()}`);
    await settled(
      "setConsent('granted')",
      attempt('setConsent()', () => tracker.setConsent('granted')),
    );
  };

  return {
    track,

    /** Pending consent, then granted; delivery; and the page ends with a request in flight and an event just tracked. */
    async visit(tracker, call, first, early, next) {
      await early;
      await track(call, first);
      await grant(tracker);
      await track(call, first + 1);
      await empty(tracker);
      await track(call, first + 2);
      attempt('flush()', () => tracker.flush());
      await pause(20);
      track(call, first + 3);
      await 0;
      journey.goTo(next);
    },

    /** Consent from the start: delivers what earlier pages left, and then it is denied. */
    async lastVisit(tracker, call, early) {
      await early;
      await empty(tracker);
      await settled(
        "setConsent('denied')",
        attempt('setConsent()', () => tracker.setConsent('denied')),
      );
      await track(call, -1);
      report(
        'left',
        `${await settled(
          'pending()',
          attempt('pending()', () => tracker.pending()),
        )}`,
      );
      report('done', '');
    },
  };
})();
