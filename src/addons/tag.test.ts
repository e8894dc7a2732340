import assert from 'node:assert/strict';
import test from 'node:test';
import { declaredProperties } from './declared.ts';
import { readOptions } from './tag.ts';

test('attributes of the add-on’s own tag', () => {
  assert.deepEqual(
    readOptions('views', { hash: '', local: 'true', frames: 'false', query: 'page  2', hosts: '', scrollRoot: '#x' }),
    { hash: true, local: true, frames: false, query: ['page', '2'], hosts: [], scrollRoot: '#x' },
  );
  assert.deepEqual(readOptions('elements', { minTime: '500' }), { minTime: 500 });
  assert.deepEqual(readOptions('errors', { ignore: 'a|b' }), { ignore: /a|b/ });
  assert.deepEqual(readOptions('consent', { version: '2', purposes: '1 7' }), { version: '2', purposes: [1, 7] });
  assert.deepEqual(readOptions('consent', { version: '' }), { version: '' });
});

test('attributes of the main tag have the add-on’s name before theirs, and the own tag’s take precedence', () => {
  const main = { add: 'views clicks', viewsHash: '', viewsQuery: 'a b', clicksAll: '', viewstuff: '1', writeKey: 'x' };
  assert.deepEqual(readOptions('views', {}, main), { hash: true, query: ['a', 'b'] });
  assert.deepEqual(readOptions('clicks', { all: 'false' }, main), { all: false });
});

test('declared properties: names with underscores, numbers and booleans as such', () => {
  const attributes = Object.entries({
    id: 'x',
    'data-mailslot': 'signups',
    'data-mailslot-view': 'hero',
    'data-mailslot-ignore': '',
    'data-mailslot-repeat': '',
    'data-mailslot-list-price': '12.50',
    'data-mailslot-n': '-3',
    'data-mailslot-yes': 'true',
    'data-mailslot-code': '007',
    'data-mailslot-big': '12345678901234567890',
    'data-mailslot-e': '1e5',
    'data-mailslot-empty': '',
    'data-mailslot-viewed': 'x',
  }).map(([name, value]) => ({ name, value }));
  assert.deepEqual(declaredProperties({ attributes } as unknown as Element), {
    list_price: 12.5,
    n: -3,
    yes: true,
    code: '007',
    big: '*',
    e: '1e5',
    empty: '',
    viewed: 'x',
  });
});
