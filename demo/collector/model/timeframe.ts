/** From `start`, inclusive, to `end`, exclusive; in milliseconds since 1970. */
export interface Timeframe {
  start: number;
  end: number;
}
