/** Prints rows under their heads as they come, each column as wide as its head or its width says; the first to the left. */
export function table(heads: string[], widths: number[] = []): (...cells: (string | number)[]) => void {
  const wide = heads.map((head, column) => Math.max(head.length, widths[column] ?? 0) + 2);
  const row = (...cells: (string | number)[]) =>
    console.log(
      cells
        .map((cell, column) => (column ? text(cell).padStart(wide[column]!) : text(cell).padEnd(wide[column]!)))
        .join(''),
    );
  row(...heads);
  return row;
}

/** Thousands are parted; anything below a hundred has one decimal, unless it is whole. */
const text = (cell: string | number): string =>
  typeof cell === 'string' ? cell : cell.toLocaleString('en', { maximumFractionDigits: Math.abs(cell) < 100 ? 1 : 0 });

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
