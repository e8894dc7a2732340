// On a server an add-on does nothing, and throws nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { campaign } from './campaign.ts';
import { clicks } from './clicks.ts';
import { consent } from './consent.ts';
import { elements } from './elements.ts';
import { engagement } from './engagement.ts';
import { errors } from './errors.ts';
import { forms } from './forms.ts';
import { frustration } from './frustration.ts';
import { origin } from './origin.ts';
import { sessions } from './sessions.ts';
import { exclusions, views } from './views.ts';
import { vitals } from './vitals.ts';

const calls: string[] = [];
const tracker = {
  track: async (collection: string) => calls.push(collection),
  use: () => {
    calls.push('use');
    return () => {};
  },
  setConsent: (state: string) => calls.push(state),
};

for (const addon of [
  clicks,
  consent,
  elements,
  engagement,
  errors,
  forms,
  frustration,
  origin,
  sessions,
  views,
  vitals,
]) {
  test(`${addon.name} on a server`, () => {
    const stop = addon(tracker);
    stop();
    stop();
    assert.deepEqual(calls, []);
  });
}

test('campaign and exclusions on a server', () => {
  assert.deepEqual(campaign(), {});
  assert.equal(typeof exclusions(), 'function');
});

test('the choice of consent on a server is nobody’s', () => {
  const choice = consent({ track: async () => 'dropped', setConsent: () => {} });
  choice.set('granted');
  assert.equal(choice.get(), undefined);
});
