import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOwnPage } from './is-own-page.ts';

const host = '127.0.0.1:4800';
const ask = (headers: Record<string, string>) => isOwnPage({ host, ...headers }, [host]);

test('the demo’s own pages are allowed', () => {
  assert.equal(ask({ 'sec-fetch-site': 'same-origin' }), true);
  assert.equal(ask({ origin: `http://${host}` }), true, 'a browser without Fetch Metadata');
});

test('no other site is allowed, whichever headers it has', () => {
  assert.equal(ask({ 'sec-fetch-site': 'cross-site', origin: `http://${host}` }), false);
  assert.equal(ask({ 'sec-fetch-site': 'same-site' }), false, 'another port of this machine');
  assert.equal(ask({ 'sec-fetch-site': 'none' }), false, 'typed into the address bar');
  assert.equal(ask({ origin: 'http://127.0.0.1:4801' }), false);
  assert.equal(ask({ origin: 'null' }), false, 'a sandboxed frame');
  assert.equal(ask({}), false);
});

test('a foreign name that resolves to this machine is not allowed', () => {
  const headers = { host: 'evil.example:4800', 'sec-fetch-site': 'same-origin', origin: 'http://evil.example:4800' };
  assert.equal(isOwnPage(headers, [host]), false);
});
