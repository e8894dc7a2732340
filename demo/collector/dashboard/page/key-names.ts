import type { Refusal } from '../../model/refusal.ts';

/** What each class of key is called here, in the order in which they are listed. */
export const KEY_NAMES: Record<Refusal['key'], string> = {
  none: 'No key',
  unknown: 'Unknown key',
  write: 'Write key',
  read: 'Read key',
  access: 'Access Key',
  master: 'Master key',
};
