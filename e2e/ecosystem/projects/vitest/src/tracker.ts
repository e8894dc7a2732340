import { createTracker } from 'mailslot';

export interface ShopEvents {
  purchases: { item: string; price: number };
}

/** @param enabled `false` in tests and previews: then nothing is kept, sent or warned of */
export const createShopTracker = (enabled: boolean) =>
  createTracker<ShopEvents>({
    projectId: 'PROJECT_ID',
    writeKey: 'WRITE_KEY',
    endpoint: 'https://collector.example',
    enabled,
  });
