export type ShopName = 'website' | 'spa';

/** The collections that both shops track themselves, and the properties of their events. Add-ons have their own. */
export type ShopEvents = {
  searches: { term: string; results: number; shop: ShopName };
  purchases: { item: string; price: number; currency: 'GBP'; shop: ShopName };
  /** The panel's "Track 1,000 at once". */
  bursts: { number: number; of: number; shop: ShopName };
};

/** An event without the shop's name, which each entry adds by itself. */
export type EventWithoutShop<Collection extends keyof ShopEvents> = Omit<ShopEvents[Collection], 'shop'>;
