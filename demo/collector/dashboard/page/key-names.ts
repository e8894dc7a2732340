import type { Refusal } from '../../model/refusal.ts';

/** Display name of each class of key, in the order of the filter. */
export const KEY_NAMES: Record<Refusal['key'], string> = {
  none: 'No key',
  unknown: 'Unknown key',
  write: 'Write key',
  read: 'Read key',
  access: 'Access Key',
  master: 'Master key',
};
