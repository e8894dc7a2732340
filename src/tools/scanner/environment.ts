import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of a process, and those of the `.env` files in its folder: a bundler reads these itself, and a key that
 * leaks is often in one of them. Several files can hold different values of one variable, which then has several names.
 */
export function readEnvironment(folder: string, env: Environment): Environment {
  const all: Record<string, string | undefined> = { ...env };
  for (const file of envFiles(folder)) {
    for (const [name, value] of parseEnv(readFileSync(join(folder, file), 'utf8'))) {
      if (all[name] === undefined) all[name] = value;
      else if (all[name] !== value) all[`${name} of ${file}`] = value;
    }
  }
  return all;
}

function envFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() && /^\.env(\.[\w.-]+)?$/.test(entry.name) && !/example|sample|template/.test(entry.name),
      )
      .map(({ name }) => name)
      .sort();
  } catch {
    // A folder that cannot be listed has no files that a bundler could read.
    return [];
  }
}

/** `NAME=value` lines, as dotenv reads them: with `export`, in quotes, with a comment behind. */
function* parseEnv(text: string): Generator<[name: string, value: string]> {
  const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|[^\r\n#]*)/gm;
  for (const [, name, value] of text.matchAll(line)) yield [name!, value!.trim().replace(/^(["'`])([^]*)\1$/, '$2')];
}
