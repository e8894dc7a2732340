/**
 * Fills a page: `{{name}}` becomes the escaped value, `{{> file.html}}` another template, and
 * `{{! name}}` a value as it is, which is for built files only.
 *
 * @throws Error for a name that has no value, so that a typing error cannot reach a browser.
 */
export function fillTemplate(
  template: string,
  values: Record<string, string>,
  include: (file: string) => string,
): string {
  return template.replace(/\{\{(>|!)?\s*([\w.-]+)\s*\}\}/g, (_, kind: string | undefined, name: string) => {
    if (kind === '>') return fillTemplate(include(name), values, include);
    const value = values[name];
    if (value === undefined) throw new Error(`the template asks for "${name}", which has no value`);
    return kind === '!' ? value : escapeHtml(value);
  });
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Safe as text and inside a quoted attribute. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
