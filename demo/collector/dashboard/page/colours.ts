/** Collections with a colour of their own; all others share one. */
export const COLOURS = 6;

/** The colour's number of each of the largest collections. In order of name, so that a new ranking swaps no colours. */
export function colourOf(collections: readonly { name: string; events: number }[]): Map<string, number> {
  const largest = [...collections].sort((a, b) => b.events - a.events).slice(0, COLOURS);
  return new Map(
    largest
      .map(({ name }) => name)
      .sort()
      .map((name, colour) => [name, colour]),
  );
}

/** The CSS class of a colour; empty for the shared colour. */
export const classFor = (colour: number | undefined) => (colour === undefined ? '' : `series-${colour}`);

/** The value of a custom property of the stylesheet, by its name without `--`. */
export const cssProperty = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
