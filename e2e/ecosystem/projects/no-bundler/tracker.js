import { createTracker } from 'mailslot';
import { views } from 'mailslot/views';

export const tracker = createTracker({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  endpoint: 'https://collector.example',
});

views(tracker);
