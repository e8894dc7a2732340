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
const DAY = 86_400_000;

export const count = (number: number) => whole.format(number);

/** `1 event`, `2,000 events`. */
export const counted = (number: number, noun: string) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** The time of day; the date too, once it is more than a day ago. */
export const moment = (at: number, now: number) =>
  now - at < DAY ? clock.format(at) : `${day.format(at)}, ${minute.format(at)}`;

/** What stands below a bar of this width. */
export const tick = (at: number, width: number) => (width >= 3_600_000 ? day.format(at) : minute.format(at));

export const exact = (at: number) => full.format(at);

/** A `<time>` that shows the moment and tells the whole date on request. */
export function timeElement(at: number, now: number): HTMLTimeElement {
  const element = document.createElement('time');
  element.dateTime = new Date(at).toISOString();
  element.title = exact(at);
  element.textContent = moment(at, now);
  return element;
}
