import { queryTooLarge } from '../model/errors.ts';

/** Rows, listed values, actors or events of one answer. The number is Keen's limit for an extraction. */
export const MAX_ROWS = 100_000;

/** @throws DomainError QueryTooLargeError for an answer larger than `MAX_ROWS` */
export function checkSize(size: number): void {
  if (size > MAX_ROWS) throw queryTooLarge(`The answer would have more than ${MAX_ROWS} rows or values.`);
}
