const MAX_NAME_CHARS = 255;

/** Keen's rule for one level of a property's path: 1 to 255 characters, not blank, no `$` at the start, no `.`. */
export const isPropertyName = (name: string): boolean =>
  name.trim() !== '' && name.length <= MAX_NAME_CHARS && !name.startsWith('$') && !name.includes('.');

/**
 * Changes any text into a valid property name: replaces `.`, `$` at the start and blank text by `_`, and truncates it
 * [U].
 */
export const toPropertyName = (text: string): string => text.replace(/\.|^\$|^\s*$/g, '_').slice(0, MAX_NAME_CHARS);
