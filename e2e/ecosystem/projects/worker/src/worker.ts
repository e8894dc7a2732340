import { createTracker } from 'mailslot';

interface Purchase {
  item: string;
  price: number;
}

const tracker = createTracker<{ purchases: Purchase }>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  endpoint: 'https://collector.example',
});

addEventListener('message', ({ data }: MessageEvent<Purchase>) => tracker.track('purchases', data));
