/**
 * Fills a page: `{{name}}` becomes the escaped value. `{{! name}}` becomes the unescaped value, for built files only.
 * The build has already resolved `{{> file.html}}`.
 *
 * @throws Error for a name without a value, so that a typing error cannot reach a browser.
 */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{(!)?\s*([\w.-]+)\s*\}\}/g, (_, unescaped: string | undefined, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template asks for "${name}", which has no value`);
    return unescaped ? value : escapeHtml(value);
  });
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for use in HTML, also inside a quoted attribute. */
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
