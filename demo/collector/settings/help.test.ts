import assert from 'node:assert/strict';
import { test } from 'node:test';
import { help } from './help.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type Setting, variableOf } from './settings.ts';

test('the help lists every setting as flag, variable and key, and no secret as a flag', () => {
  const text = help();
  for (const name of SETTING_NAMES) {
    assert.match(text, new RegExp(`\\b${variableOf(name)}, "${name}"`));
    assert.equal(text.includes(`--${flagOf(name)}`), !(SETTINGS[name] as Setting).secret, name);
  }
  assert.match(text, /--port NUMBER, PORT, "port"\n +.*\(8080\)/);
  assert.ok(
    text.split('\n').every((line) => line.length <= 140),
    'at most 140 columns',
  );
});
