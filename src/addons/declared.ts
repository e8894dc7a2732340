import { mask } from './mask.ts';

/** What an attribute says: `true`, `false` and numbers as such, else text. */
const toValue = (text: string) =>
  /^(true|false|-?(0|[1-9]\d{0,14})(\.\d+)?)$/.test(text) ? (JSON.parse(text) as number | boolean) : text;

/**
 * The properties that HTML declares for an event: `data-mailslot-plan="pro"` → `{ plan: 'pro' }`, and
 * `data-mailslot-list-price="12.5"` → `{ list_price: 12.5 }`. The names `view`, `ignore` and `repeat` are settings.
 * What looks private is masked.
 */
export function declaredProperties(element: Element): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {};
  for (const { name, value } of element.attributes) {
    const [, property] = /^data-mailslot-(?!(?:view|ignore|repeat)$)(.+)/.exec(name) ?? [];
    if (property) found[property.replaceAll('-', '_')] = toValue(mask(value));
  }
  return found;
}
