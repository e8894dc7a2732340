// On a server each add-on can be imported and started, and does nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import { unique } from './unique.ts';
import { views } from './views.ts';
import { vitals } from './vitals.ts';

const called: string[] = [];
const target = {
  track: async (collection: string) => void called.push(collection),
  use: () => {
    called.push('use');
    return () => {};
  },
  setConsent: (state: string) => void called.push(state),
};

for (const [name, start] of Object.entries({
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
})) {
  test(`${name} does nothing on a server, and can be stopped`, () => {
    const stop = start(target);
    stop();
    stop();
    assert.deepEqual(called, []);
  });
}

test('campaign and unique on a server', async () => {
  assert.deepEqual(campaign(), {});
  assert.equal(await unique(target).track('signups', { n: 1 }), 'dropped');
  assert.deepEqual(called, []);
});
