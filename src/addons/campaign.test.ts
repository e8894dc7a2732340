import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CampaignOptions, campaign } from './campaign.ts';

const read = (search: string, options?: CampaignOptions) => {
  Object.assign(globalThis, { location: { search } });
  return campaign(options);
};

/** Those of the big advertisers, as other trackers list them. */
const CLICK_IDS =
  'gclid gclsrc dclid gbraid wbraid gad_source fbclid msclkid twclid li_fat_id igshid ttclid rdt_cid epik qclid sccid irclid _kx mc_cid ko_click_id';

test('each click id is recorded by its name, and by its value only on request', () => {
  for (const name of CLICK_IDS.split(' ')) {
    assert.deepEqual(read(`?${name}=Cj0KCQjw4`), { click: name });
    assert.deepEqual(read(`?${name}=Cj0KCQjw4`, { clickIds: 'value' }), { click: name, click_id: 'Cj0KCQjw4' });
  }
});

test('each UTM parameter is recorded, and other names of a source if there is none', () => {
  for (const name of ['source', 'medium', 'campaign', 'term', 'content', 'id']) {
    assert.deepEqual(read(`?utm_${name}=x`), { campaign: { [name]: 'x' } });
  }
  for (const name of ['ref', 'source']) {
    assert.deepEqual(read(`?${name}=x`), { campaign: { source: 'x' } });
    assert.deepEqual(read(`?${name}=x&utm_source=y`), { campaign: { source: 'y' } });
    assert.deepEqual(read(`?utm_source=y&${name}=x`), { campaign: { source: 'y' } });
  }
});

test('other parameters are none, whatever they look like', () => {
  for (const name of ['clid', 'gclid2', 'utm_', 'utm_sources', 'referrer', 'session', '__proto__', 'abcclid']) {
    assert.deepEqual(read(`?${name}=x`), {}, name);
  }
});

test('a text has at most 100 characters', () => {
  assert.equal(read(`?utm_term=${'word '.repeat(100)}`).campaign!.term!.length, 100);
});
