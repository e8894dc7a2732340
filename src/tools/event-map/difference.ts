/** Lines around a difference. */
const CONTEXT = 3;
/** Line comparisons, at most. Of larger texts only the first difference is shown. */
const MAX_CELLS = 25_000_000;

/** Whether two modules say the same: a formatter may have changed white space, quotes, semicolons and brackets. */
export const isSameModule = (a: string, b: string): boolean => tokensOf(a) === tokensOf(b);

const TOKEN = /\/\/[^\n]*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w$]+|[^\s;,]/g;

function tokensOf(text: string): string {
  const tokens = text.match(TOKEN)?.filter((token) => !token.startsWith('//')) ?? [];
  return (
    tokens
      .map((token) => (/^["']/.test(token) ? plainName(token.slice(1, -1).replace(/\\(["'])/g, '$1')) : token))
      .join(' ')
      // A union over several lines begins with a bar.
      .replace(/(?<=[:(] )\| /g, '')
  );
}

/** A name in quotes that needs none, as one without them. */
const plainName = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** The lines in which two texts differ, with `-` and `+` before them, and lines around them. */
export function differenceOf(before: string, after: string): string[] {
  const [a, b] = [before, after].map((text) => text.replace(/\r?\n$/, '').split(/\r?\n/)) as [string[], string[]];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const changed = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const lines = [
    ...a.slice(Math.max(0, start - CONTEXT), start).map((line) => `  ${line}`),
    ...changed,
    ...a.slice(a.length - end, a.length - end + CONTEXT).map((line) => `  ${line}`),
  ];
  return withoutFarLines(lines);
}

/** By the longest common subsequence of lines. */
function compare(a: string[], b: string[]): string[] {
  if (a.length * b.length > MAX_CELLS) return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [down, right] = [lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!];
      lengths[i * width + j] = a[i] === b[j] ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(down, right);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i++]}`);
      j++;
    } else if (j === b.length || (i < a.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!))
      lines.push(`- ${a[i++]}`);
    else lines.push(`+ ${b[j++]}`);
  }
  return lines;
}

/** Only the changed lines and those around them. */
function withoutFarLines(lines: string[]): string[] {
  const isNear = (index: number) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith('  '));
  return lines.flatMap((line, index) => (isNear(index) ? [line] : isNear(index - 1) ? ['  …'] : []));
}
