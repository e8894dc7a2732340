/**
 * Prints the head of a table; the returned function prints a row. A column is as wide as its head or its width; the
 * first is left-aligned.
 */
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

/** Numbers have thousands separators, and below 100 up to one decimal. */
const text = (cell: string | number): string =>
  typeof cell === 'string' ? cell : cell.toLocaleString('en', { maximumFractionDigits: Math.abs(cell) < 100 ? 1 : 0 });

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
