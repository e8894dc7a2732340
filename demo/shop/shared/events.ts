/** Which of the two shops an event comes from. */
export type ShopName = 'website' | 'spa';

/** What the shop tracks: collection → shape. Both pages hold themselves to it. */
export type ShopEvents = {
  views: { page: string; title: string; shop: ShopName };
  searches: { term: string; results: number; shop: ShopName };
  purchases: { item: string; price: number; currency: 'GBP'; shop: ShopName };
  /** The panel's "1,000 at once". */
  bursts: { number: number; of: number; shop: ShopName };
};

/** The same without what each page adds by itself. */
export type Bare<Collection extends keyof ShopEvents> = Omit<ShopEvents[Collection], 'shop'>;
