import type { Site } from '../fixtures/site.ts';

/** Something that a page has reported to the site. */
export interface Report {
  what: string;
  value: unknown;
}

const REPORT_PATH = '/report';

/**
 * A script for the head of a page. `report(what, value)` sends a value to the site from any page of any engine, with or
 * without a driver; `reportNow` does the same and waits for the end of the request. Errors that escape into the page
 * are reported.
 */
export function reportingScript(site: Site): string {
  site.file(REPORT_PATH, { body: '', status: 204 });
  site.file('/reporting.js', {
    body: `
      // Numbered, because a browser may request the same image only once.
      let count = 0;
      const address = (what, value) =>
        '${REPORT_PATH}?' + new URLSearchParams({ what, value: JSON.stringify(value ?? null), count: count++ });
      window.report = (what, value) => void (new Image().src = address(what, value));
      window.reportNow = (what, value) => {
        const request = new XMLHttpRequest();
        request.open('GET', address(what, value), false);
        request.send();
      };
      addEventListener('error', ({ message }) => report('escaped', message));
      addEventListener('unhandledrejection', ({ reason }) => report('escaped', String(reason)));`,
  });
  return '<script src="/reporting.js"></script>';
}

/** Page options that report the tracker's problems: from `onError`, or from the console with a script tag. */
export const reportProblems = {
  setup: `options.onError = (problem) => report('problem', problem);`,
  early: `const { warn } = console;
    console.warn = (...values) => {
      for (const one of values) if (one?.code) report('problem', one);
      warn(...values);
    };`,
};

/** A script at the end of a page. It runs `steps`, which may await, once the tracker has opened its database. */
export function stepsScript(site: Site, path: string, steps: string): string {
  site.file(path, {
    body: `
      const pause = (ms) => new Promise((done) => setTimeout(done, ms));
      while (!window.tracker || (window.mailslot && !window.mailslot.t)) await pause(10);
      const { tracker } = window;
      await tracker.pending();
      const parameters = Object.fromEntries(new URLSearchParams(location.search));
      ${steps}`,
  });
  return `<script type="module" src="${path}"></script>`;
}

/** All reports so far, in their order. */
export function reportsTo(site: Site): Report[] {
  return site.requests
    .filter((request) => request.path.startsWith(`${REPORT_PATH}?`))
    .map((request) => {
      const query = new URL(request.path, site.url).searchParams;
      return { what: query.get('what')!, value: JSON.parse(query.get('value')!) as unknown };
    });
}
