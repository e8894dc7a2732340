import type { Extraction } from '../model/query.ts';

/** A query for all events of a collection, or for the latest ones. */
export const extractionOf = (collection: string, latest?: number): Extraction => ({
  type: 'extraction',
  collection,
  filters: [],
  timeframe: undefined,
  latest,
  properties: undefined,
});
