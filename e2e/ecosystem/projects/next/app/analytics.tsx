'use client';

import { views } from 'mailslot/views';
import { useEffect } from 'react';
import { tracker } from '../lib/tracker';

/** Counts views, while the layout is mounted. */
export function Analytics() {
  useEffect(() => views(tracker), []);
  return null;
}
