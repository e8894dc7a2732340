// Libraries that change the platform, as their packages have them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../fixtures/paths.ts';
import type { Pollution } from '../pollution.ts';

export const libraries: readonly Pollution[] = [
  { name: 'zone.js', libraries: ['zone.js/bundles/zone.umd.js'] },
  {
    name: 'zone.js, and the page runs in a zone of its own',
    libraries: ['zone.js/bundles/zone.umd.js'],
    script: `Zone.current.fork({ name: 'page', onHandleError() { return true; } });`,
  },
  { name: 'zone.js with fetch', libraries: ['zone.js/bundles/zone.umd.js', 'zone.js/bundles/zone-patch-fetch.umd.js'] },
  { name: 'core-js', libraries: ['core-js-bundle/minified.js'] },
  {
    name: 'es5-shim and es6-shim',
    libraries: ['es5-shim/es5-shim.js', 'es5-shim/es5-sham.js', 'es6-shim/es6-shim.js', 'es6-shim/es6-sham.js'],
  },
  { name: 'SES lockdown', libraries: ['ses/dist/lockdown.umd.js'], script: 'lockdown();' },
  {
    name: 'SES lockdown that tames all it can',
    libraries: ['ses/dist/lockdown.umd.js'],
    script: `lockdown({ errorTaming: 'safe', overrideTaming: 'min', consoleTaming: 'unsafe', localeTaming: 'safe', regExpTaming: 'safe', stackFiltering: 'concise' });`,
  },
  { name: 'bluebird as Promise', libraries: ['bluebird/js/browser/bluebird.js'], script: 'window.Promise = P;' },
  {
    name: 'promise-polyfill as Promise',
    warns: 'its callbacks come after the end of a transaction of IndexedDB',
    // The polyfill looks for the browser's own.
    script: `delete window.Promise; ${readFileSync(join(root, 'node_modules/promise-polyfill/dist/polyfill.js'), 'utf8')}`,
  },
  {
    name: 'whatwg-fetch',
    libraries: ['whatwg-fetch/dist/fetch.umd.js'],
    script:
      'window.fetch = WHATWGFetch.fetch; window.Response = WHATWGFetch.Response; window.Headers = WHATWGFetch.Headers; window.Request = WHATWGFetch.Request;',
  },
  { name: 'shadydom', libraries: ['@webcomponents/shadydom/shadydom.min.js'] },
  {
    name: 'shadydom, forced, with custom-elements',
    libraries: ['@webcomponents/shadydom/shadydom.min.js', '@webcomponents/custom-elements/custom-elements.min.js'],
  },
  { name: 'xregexp instead of RegExp', libraries: ['xregexp/xregexp-all.js'], script: `XRegExp.install('natives');` },
  { name: 'sugar', libraries: ['sugar/dist/sugar-es5.js'], script: `Sugar.extend({ objectPrototype: true });` },
  {
    name: 'sugar, enhancing',
    libraries: ['sugar/dist/sugar.js'],
    script: `Sugar.extend({ objectPrototype: true, enhance: true });`,
  },
  { name: 'datejs', libraries: ['datejs/lib/date.js'] },
  {
    name: 'a monitoring script that adds traceparent to each request',
    script: `const { fetch } = window;
      window.fetch = function (resource, init = {}) {
        const headers = new Headers(init.headers);
        headers.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
        headers.set('baggage', 'sentry-release=1');
        return fetch.call(this, resource, { ...init, headers });
      };`,
  },
];
