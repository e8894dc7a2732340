/** From `start`, up to but without `end`; milliseconds since 1970. */
export interface Timeframe {
  start: number;
  end: number;
}
