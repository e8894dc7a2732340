import { isLabelled } from '../../key.ts';
import { CommandError, EXIT, type ExitCode, type Terminal } from './command.ts';
import { COMMANDS } from './commands.ts';

/** The text of `mailslot --help`. */
export const help = (): string => `Usage: mailslot COMMAND [ARGUMENT …]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

  mailslot COMMAND --help   the arguments of a command
  mailslot --version        the version of the package

Exit codes: ${EXIT.OK} if all is well, ${EXIT.FOUND} if something was found, ${EXIT.FAILED} if the command could not do its work.`;

const isHelp = (argument: string | undefined) => argument === '--help' || argument === '-h';

/** Whether a text is a short word. Anything else is not repeated, because it could be a key. */
const isWord = (text: string) => /^-{0,2}[A-Z]?[a-z-]{1,15}$/.test(text) && !isLabelled(text);

/** Runs `mailslot` with these arguments. Never rejects. */
export async function run(args: string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (isHelp(name)) {
    terminal.print(help());
    return EXIT.OK;
  }
  if (name === '--version' || name === '-v') {
    terminal.print(terminal.readVersion());
    return EXIT.OK;
  }
  if (name === undefined || !Object.hasOwn(COMMANDS, name)) {
    const unknown = `There is no ${isWord(name ?? '') ? `command ${name}` : 'such command'}.`;
    const message = name === undefined ? 'A command is missing.' : unknown;
    terminal.inform(`mailslot: ${message} The commands are ${Object.keys(COMMANDS).join(', ')}. See mailslot --help.`);
    return EXIT.FAILED;
  }
  try {
    const command = await COMMANDS[name]!.load();
    // Behind `--` an argument is a path, whatever its name.
    if (rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined).some(isHelp)) {
      terminal.print(command.help);
      return EXIT.OK;
    }
    return await command.run(rest, terminal);
  } catch (error) {
    const expected = error instanceof CommandError;
    terminal.inform(`mailslot ${name}: ${expected ? error.message : ((error as Error).stack ?? String(error))}`);
    return EXIT.FAILED;
  }
}
