import type { Refusal } from '../model/refusal.ts';

/** A refusal at noon, UTC, of 15 May 2024, with a write key. */
export const makeRefusal = (members: Partial<Refusal> = {}): Refusal => ({
  at: Date.parse('2024-05-15T12:00:00Z'),
  method: 'POST',
  route: '/r',
  status: 401,
  key: 'write',
  keyId: 'id_1',
  origin: 'https://shop.example',
  reason: 'InvalidApiKeyError: no',
  ...members,
});
