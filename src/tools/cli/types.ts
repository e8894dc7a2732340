import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { check as checkOption } from '../../options.ts';
import { differenceOf, isSameModule } from '../event-map/difference.ts';
import { printEvents } from '../event-map/print.ts';
import { type Collector, CollectorError, readEvents } from '../event-map/read-events.ts';
import { type Command, CommandError, EXIT, parseArguments, type Terminal } from './command.ts';

const DEFAULT_EVENTS = 10_000;
/** The collector's limit for `latest`. */
const MAX_EVENTS = 100_000;

const OPTIONS = {
  url: { type: 'string' },
  'project-id': { type: 'string' },
  events: { type: 'string' },
  omit: { type: 'string', multiple: true },
  out: { type: 'string' },
  check: { type: 'string' },
} as const;

const HELP = `Usage: mailslot types --url URL --project-id ID [--out FILE | --check FILE] [--events N] [--omit PATH …]

Writes a TypeScript interface of the events that a collector has stored, for createTracker<Events>(). The Read key is the variable
MAILSLOT_READ_KEY of the environment, never an argument, because other users of this machine can see a program's arguments.

  --url URL          the collector, such as https://collector.example
  --project-id ID    the project; also MAILSLOT_PROJECT_ID
  --out FILE         writes the file instead of printing it
  --check FILE       compares the file with the collector, and prints the difference
  --events N         the latest events of each collection that are looked at: ${DEFAULT_EVENTS}, at most ${MAX_EVENTS}
  --omit PATH        a property that is left out, of all collections (place) or of one (purchases.place); may be repeated. Leave out
                     what track() does not get: the properties of extend, and outputs of the collector's add-ons

A property that some of these events lack is optional. One that only older events have is optional too, with the first type that the
collector has seen. Exit codes: ${EXIT.OK} written, or no difference, ${EXIT.FOUND} the file differs, ${EXIT.FAILED} no answer, or wrong arguments.`;

export const types: Command = {
  help: HELP,
  async run(args, terminal) {
    const { values } = parseArguments(args, OPTIONS);
    if (values.check !== undefined && values.out !== undefined)
      throw new CommandError('--check and --out exclude each other.');
    const collector = collectorOf(values, terminal);
    const events = await readEvents(collector, eventsOf(values.events), values.omit ?? []).catch((error: Error) => {
      throw error instanceof CollectorError ? new CommandError(error.message) : error;
    });
    const text = printEvents(events);
    if (values.check !== undefined) return compare(values.check, text, terminal);
    if (values.out === undefined) terminal.print(text.trimEnd());
    else write(resolve(terminal.cwd, values.out), text);
    return EXIT.OK;
  },
};

function collectorOf(values: { url?: string; 'project-id'?: string }, { env }: Pick<Terminal, 'env'>): Collector {
  const { url, 'project-id': projectId = env.MAILSLOT_PROJECT_ID } = values;
  const readKey = env.MAILSLOT_READ_KEY?.trim();
  if (url === undefined) throw new CommandError('--url is missing: the collector, such as https://collector.example.');
  if (!projectId) throw new CommandError('The project is missing: --project-id, or MAILSLOT_PROJECT_ID.');
  if (!readKey) throw new CommandError('The Read key is missing: set MAILSLOT_READ_KEY in the environment.');
  if (!/^[!-~]+$/.test(readKey))
    throw new CommandError('MAILSLOT_READ_KEY holds characters that no key has, such as a blank in the middle.');
  // A path of the own site is an endpoint in a page alone.
  if (!isOption('endpoint', url) || url.startsWith('/'))
    throw new CommandError(
      '--url must be the collector’s URL, with https: except on this machine, and without a key in it.',
    );
  if (!isOption('projectId', projectId))
    throw new CommandError('--project-id must be one path segment, such as 5f1a0c9e8b7d6a5f4e3d2c1b, and no key.');
  return { url: url.replace(/\/$/, ''), projectId, readKey };
}

/** Whether the tracker would take this value for the option. */
function isOption(name: string, value: string): boolean {
  try {
    checkOption(name, value);
    return true;
  } catch {
    return false;
  }
}

function eventsOf(given = String(DEFAULT_EVENTS)): number {
  const events = Number(given);
  if (/^\d+$/.test(given) && events >= 1 && events <= MAX_EVENTS) return events;
  throw new CommandError(`--events must be a whole number from 1 to ${MAX_EVENTS}.`);
}

function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(`The file cannot be written (${(error as NodeJS.ErrnoException).code}): ${file}`);
  }
}

function compare(file: string, text: string, { cwd, print, inform }: Terminal) {
  let known: string;
  try {
    known = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`The file of --check cannot be read (${code}). --out writes it.`);
  }
  if (isSameModule(known, text)) return EXIT.OK;
  for (const line of differenceOf(known, text)) print(line);
  inform(`mailslot types: ${file} (-) differs from the events of the collector (+). --out ${file} writes it anew.`);
  return EXIT.FOUND;
}
