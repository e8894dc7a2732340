const whole = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const count = (number: number) => whole.format(number);

/** `1 event`, `2,000 events`. */
export const counted = (number: number, noun: string) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** The time of day, with the date if it is more than a day ago. */
export const moment = (at: number, now: number) =>
  now - at < DAY_MS ? clock.format(at) : `${day.format(at)}, ${minute.format(at)}`;

/** The axis label below a bar: its day or its time, by the bar's width in milliseconds. */
export const tick = (at: number, width: number) => (width >= HOUR_MS ? day.format(at) : minute.format(at));

/** Date and time in full. */
export const exact = (at: number) => full.format(at);

/** A `<time>` with the short form as text and the full date as tooltip. */
export function timeElement(at: number, now: number): HTMLTimeElement {
  const element = document.createElement('time');
  element.dateTime = new Date(at).toISOString();
  element.title = exact(at);
  element.textContent = moment(at, now);
  return element;
}
