/** Collections that have a colour of their own; the others share one. */
export const COLOURS = 6;

/** Which colour each of the largest collections has. By name and not by rank, so that overtaking does not swap them. */
export function colourOf(collections: readonly { name: string; events: number }[]): Map<string, number> {
  const largest = [...collections].sort((a, b) => b.events - a.events).slice(0, COLOURS);
  return new Map(
    largest
      .map(({ name }) => name)
      .sort()
      .map((name, colour) => [name, colour]),
  );
}

export const classFor = (colour: number | undefined) => (colour === undefined ? '' : `series-${colour}`);

/** A custom property of the stylesheet, which knows whether it is dark. */
export const cssColour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
