import type { KeyAnswer } from '../http/key-routes.ts';

const HEAD = ['ID', 'CLASS', 'STATE', 'MADE', 'MAY', 'NAME'];

/** Formats keys as lines of text, in columns. */
export function keyTable(keys: KeyAnswer[]): string[] {
  const rows = [HEAD, ...keys.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

const row = ({ id, class: of, is_active: active, created_at: made, permitted, name }: KeyAnswer): string[] => [
  id,
  of,
  active ? 'active' : 'revoked',
  made.slice(0, 10),
  of === 'master' ? 'everything' : permitted.join(' ') || 'nothing',
  // A name can hold any text. Control characters could make a terminal run something.
  name.replace(/\p{Cc}/gu, '·'),
];
