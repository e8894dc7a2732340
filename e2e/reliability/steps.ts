import type { Site } from '../fixtures/site.ts';

/** What a page has told the site. */
export interface Told {
  what: string;
  value: unknown;
}

const path = '/told';

/**
 * A script for the head of a page: `told(what, value)` reaches the site from any page of any engine, also from one that nobody drives;
 * `toldNow` waits until it has. Errors that escape into the page are told.
 */
export function tellingScript(site: Site): string {
  site.file(path, { body: '', status: 204 });
  site.file('/telling.js', {
    body: `
      // Numbered, for a browser may fetch the same image only once.
      let count = 0;
      const address = (what, value) => '${path}?' + new URLSearchParams({ what, value: JSON.stringify(value ?? null), count: count++ });
      window.told = (what, value) => void (new Image().src = address(what, value));
      window.toldNow = (what, value) => {
        const request = new XMLHttpRequest();
        request.open('GET', address(what, value), false);
        request.send();
      };
      addEventListener('error', ({ message }) => told('escaped', message));
      addEventListener('unhandledrejection', ({ reason }) => told('escaped', String(reason)));`,
  });
  return '<script src="/telling.js"></script>';
}

/** Reports what the tracker reports: to \`onError\`, or from a script tag, which has none, to the console. */
export const tellProblems = {
  setup: `options.onError = (problem) => told('problem', problem);`,
  early: `const { warn } = console;
    console.warn = (...said) => {
      for (const one of said) if (one?.code) told('problem', one);
      warn(...said);
    };`,
};

/** A script at the end of a page that runs `steps`, which may await, once the tracker is there and has opened its database. */
export function stepsScript(site: Site, at: string, steps: string): string {
  site.file(at, {
    body: `
      const pause = (ms) => new Promise((done) => setTimeout(done, ms));
      while (!window.tracker || (window.mailslot && !window.mailslot.flush)) await pause(10);
      const { tracker } = window;
      await tracker.pending();
      const parameters = Object.fromEntries(new URLSearchParams(location.search));
      ${steps}`,
  });
  return `<script type="module" src="${at}"></script>`;
}

/** All that pages have told so far, in its order. */
export function toldTo(site: Site): Told[] {
  return site.requests
    .filter((request) => request.path.startsWith(`${path}?`))
    .map((request) => {
      const query = new URL(request.path, site.url).searchParams;
      return { what: query.get('what')!, value: JSON.parse(query.get('value')!) as unknown };
    });
}
