// The line of the bench for all add-ons together: what a click, a scroll event and a navigation cost the page's main thread.

/** Microseconds for a scroll event; it must never make scrolling wait. */
const MOST_SCROLL_US = 5;
const LONG_TASK_US = 50_000;
/** Tasks in each round. */
const ACTIONS = { click: 20, scroll: 40, navigation: 10 };
const WARM_UPS = 2;

/** The longest task of a page's main thread in processor time, in microseconds: other programs would change the clock's time. */
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace);
  const main = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const isMain = ({ pid, tid }) => main.some((thread) => thread.pid === pid && thread.tid === tid);
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && event.ph === 'X' && isMain(event));
  if (!tasks.length) throw new Error('the trace has no tasks');
  return Math.max(...tasks.map(({ tdur }) => tdur ?? 0));
}

/**
 * Measures a page with all add-ons beside the same page without them, and prints the difference.
 *
 * @returns whether a scroll event costs little enough, and no task was long
 */
export async function measureAddons({ browser, openPage, taskSeconds, quantile, url, rounds }) {
  const pages = { off: await openPage(url), on: await openPage(`${url}?on`) };
  const measured = { off: {}, on: {} };
  await browser.startTracing(pages.on.page, {
    categories: ['disabled-by-default-devtools.timeline', '__metadata', 'toplevel'],
  });
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    for (const [action, tasks] of Object.entries(ACTIONS)) {
      // One after the other, so that whatever else the machine does meets both.
      for (const [name, { page, session }] of Object.entries(pages)) {
        await page.bringToFront();
        const before = await taskSeconds(session);
        const { sync, times } = await page.evaluate(([what, count]) => window.round(what, count), [action, tasks]);
        const task = ((await taskSeconds(session)) - before) * 1e6;
        if (round >= 0) (measured[name][action] ??= []).push({ sync, task: task / times });
      }
    }
  }
  const longest = longestTask((await browser.stopTracing()).toString());
  const counts = await pages.on.page.evaluate(() => window.counts());
  for (const name of ['pageviews', 'clicks', 'engagements'])
    if (!counts[name]) throw new Error(`the add-ons made no ${name}`);

  const median = (name, action, of) =>
    quantile(
      measured[name][action].map((result) => result[of]),
      0.5,
    );
  console.log(`\nAll add-ons on one page, beside the same page without them; median of ${rounds} rounds\n`);
  const head = ['listeners, with', 'without', 'difference', 'main thread'];
  console.log(`${''.padEnd(16)}${head.map((text) => text.padStart(18)).join('')}`);
  const extra = (action, of) => median('on', action, of) - median('off', action, of);
  for (const action of Object.keys(ACTIONS)) {
    const cells = [
      median('on', action, 'sync'),
      median('off', action, 'sync'),
      extra(action, 'sync'),
      extra(action, 'task'),
    ];
    console.log(`${action.padEnd(16)}${cells.map((value) => `${value.toFixed(1)} µs`.padStart(18)).join('')}`);
  }
  // Other programs only add to it, so the least of all rounds is nearest to the cost.
  const least = (name) =>
    quantile(
      measured[name].scroll.map(({ sync }) => sync),
      0,
    );
  const scroll = least('on') - least('off');
  console.log(
    `\nA scroll event costs at least ${scroll.toFixed(1)} µs, and may cost ${MOST_SCROLL_US} µs${scroll > MOST_SCROLL_US ? ': OVER' : ''}.`,
  );
  console.log(
    `The longest task took ${(longest / 1000).toFixed(1)} ms of processor time${longest > LONG_TASK_US ? ': OVER 50 ms' : ''}.`,
  );
  return scroll <= MOST_SCROLL_US && longest <= LONG_TASK_US;
}
