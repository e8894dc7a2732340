import { parseArgs } from 'node:util';

/** Exit codes of every command. */
export const EXIT = {
  /** Nothing to complain about. */
  OK: 0,
  /** The command did its work and found what it looks for: a key, a difference, a broken set-up. */
  FOUND: 1,
  /** The command could not do its work: wrong arguments, a missing file, no answer. */
  FAILED: 2,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The world around a command, so that a test can run it in its own process. */
export interface Terminal {
  /** A result, to stdout, with a line break at its end. */
  print(text: string): void;
  /** Anything else, to stderr, with a line break at its end. */
  inform(text: string): void;
  /** Reads all of stdin. */
  readInput(): Promise<string>;
  /** The version of the package. */
  readVersion(): string;
  /** Variables of the environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folder to which relative paths refer. */
  cwd: string;
}

/** A command such as `mailslot check`. Each has a file of its own, which is loaded only if the command runs. */
export interface Command {
  /** The text of `mailslot NAME --help`. */
  help: string;
  /**
   * @param args the arguments after the command's name
   * @throws CommandError if the command cannot do its work
   */
  run(args: string[], terminal: Terminal): Promise<ExitCode>;
}

/** An error that the user can mend. The command line prints its message, without a stack, and ends with `EXIT.FAILED`. */
export class CommandError extends Error {
  override name = 'CommandError';
}

/** The options of a command, as `parseArgs` takes them. */
type Options = Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>;

type Values<T extends Options> = {
  [Name in keyof T]?: T[Name] extends { type: 'boolean' }
    ? boolean
    : T[Name] extends { multiple: true }
      ? string[]
      : string;
};

export interface Arguments<T extends Options> {
  values: Values<T>;
  /** The arguments that are no options. */
  paths: string[];
}

/**
 * Parses the arguments of a command.
 *
 * @param maxPaths how many arguments that are no options there can be
 * @throws CommandError, which never repeats an argument, because it can be a key
 */
export function parseArguments<const T extends Options>(args: string[], options: T, maxPaths = 0): Arguments<T> {
  const { values, positionals } = parse(args, options);
  if (positionals.length > maxPaths)
    throw new CommandError(maxPaths ? `There can be at most ${maxPaths} paths.` : 'There is an argument too many.');
  return { values: values as Values<T>, paths: positionals };
}

function parse(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new CommandError(explain((error as NodeJS.ErrnoException).code, Object.keys(options)));
  }
}

function explain(code: string | undefined, names: string[]): string {
  const known = [...names, 'help'].map((name) => `--${name}`).join(', ');
  return code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE'
    ? `An option lacks its value, or has one that it cannot take. The options are ${known}.`
    : `There is an option that is not known. The options are ${known}. A key is never an argument.`;
}
