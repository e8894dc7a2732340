import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTracker, KeyError } from './index.ts';

const projectId = '5f1a0c9e8b7d6a5f4e3d2c1b';
const hex = (length: number) => 'c0ffee0123456789'.repeat(16).slice(0, length);
const accessKey = { key: 'c0ffee', name: 'web', is_active: true, permitted: ['writes'], options: {} };

/** The error that a tracker made with these options throws. */
function refusal(options: object): Error {
  try {
    createTracker({ projectId, writeKey: 'write_good', ...options } as never);
  } catch (error) {
    assert.ok(error instanceof KeyError, `threw ${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: `took ${JSON.stringify(options)}` });
}

const REFUSED_KEYS: [why: string, key: unknown][] = [
  ['a read key', 'read_0123456789abcdef'],
  ['a read key in capitals', 'READ_0123456789ABCDEF'],
  ['a master key', 'master:0123456789'],
  ['a master key with a dash', 'Master-0123456789'],
  ['an admin key', 'admin_0123456789'],
  ['a secret key', 'secret.0123456789'],
  ['a private key', 'private/0123456789'],
  ['a short label for read', 'rk_0123456789'],
  ['a short label for secret', 'sk-0123456789'],
  ['a label behind a product', 'keen_master_0123456789'],
  ['a label behind two words', 'keen-live-read-0123456789'],
  ['a label that ends in key', 'readkey_0123456789'],
  ['a label that ends in _key', 'read_key=0123456789'],
  ['a secret key that says live', 'sk_live_0123456789'],
  ['both labels', 'write_read_0123456789'],
  ["Keen's short master key", hex(32)],
  ["Keen's long master key", hex(64).toUpperCase()],
  ["another project's id", 'a'.repeat(24)],
  ['an Access Key in JSON', JSON.stringify({ key: 'c0ffee', permitted: ['queries'] })],
  ['nothing', undefined],
  ['null', null],
  ['an empty text', ''],
  ['blanks', '   '],
  ['a number', 42],
  ['a list', ['c0ffee']],
  ['an object that is no key', { key: 'c0ffee' }],
  ['a line break, which would start another header', 'c0ffee\r\nX-Injected: 1'],
  ['a line break at the end', 'c0ffee\n'],
  ['a control character', 'c0ffee\0'],
  ['a blank in the middle', 'c0ffee c0ffee'],
  ['letters beyond ASCII', 'clé'],
  ['an Access Key that may read too', { ...accessKey, permitted: ['writes', 'queries'] }],
  ['an Access Key that may only read', { ...accessKey, permitted: ['queries'] }],
  ['an Access Key that may do nothing', { ...accessKey, permitted: [] }],
  ['an Access Key whose permission is no list', { ...accessKey, permitted: 'writes' }],
  ['an Access Key that is not active', { ...accessKey, is_active: false }],
  ['an Access Key that does not say', { ...accessKey, is_active: undefined }],
  ['an Access Key that holds a read key', { ...accessKey, key: 'read_0123456789' }],
];

for (const [why, writeKey] of REFUSED_KEYS) {
  test(`refuses ${why} as Write key`, () => {
    const { message, stack } = refusal({ writeKey });
    assert.match(message, /^mailslot: writeKey .+; pass only the Write key/);
    const secret = typeof writeKey === 'string' ? writeKey.trim() : ((writeKey as { key?: string } | undefined)?.key ?? '');
    if (secret) assert.ok(!`${message}${stack}`.includes(secret), 'the error holds the key');
  });
}

test('refuses the project id as Write key, whatever its shape', () => {
  refusal({ projectId: 'shop', writeKey: 'shop' });
});

for (const name of ['readKey', 'read_key', 'masterKey', 'READ-KEY', 'data-master-key', 'read-key', 'readkey', 'MASTER_KEY', 'secretKey', 'adminKey']) {
  test(`refuses an option named ${name}, even beside a good Write key`, () => {
    const { message } = refusal({ [name]: 'c0ffee' });
    assert.ok(message.includes(name));
    assert.ok(!message.includes('c0ffee'));
    // Empty ones count too, and so do inherited ones.
    refusal({ [name]: undefined });
    const inherits = Object.assign(Object.create({ [name]: 'c0ffee' }), { projectId, writeKey: 'write_good' });
    assert.throws(() => createTracker(inherits), KeyError);
  });
}

test('takes Write keys of any shape that says nothing else', () => {
  const readings = ['write_0123456789abcdef', 'WRITE-0123', hex(192), hex(224), hex(40), 'k', 'readable', 'a/b+c=', 'bread_crumbs', accessKey];
  for (const writeKey of readings) createTracker({ projectId, writeKey: writeKey as string });
});

test('never takes a random key for a labelled one', () => {
  // Base64 of bytes that only look like chance would have it, and hex, as collectors make them.
  for (let seed = 1; seed < 2000; seed++) {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => (seed * 7919 + index * 104729 + ((seed * index) % 251) * 31) & 255);
    const key = Buffer.from(bytes).toString('hex') + seed;
    createTracker({ projectId, writeKey: `write_${key}` });
  }
});

test('setWriteKey has the same guard, and keeps the old key', () => {
  const tracker = createTracker({ projectId, writeKey: 'write_good' });
  assert.throws(() => tracker.setWriteKey('read_0123456789'), KeyError);
  tracker.setWriteKey('write_better');
});
