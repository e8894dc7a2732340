import type { KeyAnswer } from '../http/key-routes.ts';
import { KEY_CLASSES, type KeyClass } from '../model/key.ts';
import { isEntryId } from '../model/key-entry.ts';
import { SettingsError } from '../model/settings-error.ts';
import type { KeyDesk } from './key-client.ts';
import { keyTable } from './key-table.ts';

export interface KeysSwitches {
  /** A rotation leaves the old keys as they are. */
  keep?: boolean;
  /** The list as JSON. */
  json?: boolean;
}

/** Where a command's lines go: its result to stdout, everything else to stderr. */
export interface Terminal {
  print(line: string): void;
  remark(line: string): void;
}

export const KEYS_USAGE = `keys list [--json] | keys rotate ${KEY_CLASSES.join('|')} [--keep] | keys revoke ID | keys unrevoke ID | keys delete ID`;

/**
 * Does what the words behind `keys` say.
 * @throws SettingsError for what is no such command, and for what the collector refuses
 */
export async function keysCommand(
  [verb, what, ...rest]: string[],
  { keep, json }: KeysSwitches,
  desk: KeyDesk,
  terminal: Terminal,
): Promise<void> {
  if (rest.length) throw usage();
  if (verb === 'list' && what === undefined) return list(desk, json === true, terminal);
  if (verb === 'rotate' && KEY_CLASSES.includes(what as KeyClass))
    return rotate(desk, what as KeyClass, keep === true, terminal);
  if (verb !== 'revoke' && verb !== 'unrevoke' && verb !== 'delete') throw usage();
  if (what === undefined || !isEntryId(what)) {
    // What was given is not repeated: it may be a key.
    throw new SettingsError(
      `keys ${verb} takes a key's id, such as id_0123456789abcdef; keys list shows them. A key itself has no place in a command, where other users of this machine can see it.`,
    );
  }
  if (verb === 'delete') await desk.ask('DELETE', `/keys/${what}`);
  else await desk.ask('POST', `/keys/${what}/${verb}`);
  terminal.remark(
    { revoke: `${what} opens nothing any more.`, unrevoke: `${what} is valid again.`, delete: `${what} is gone.` }[
      verb
    ],
  );
}

const usage = () => new SettingsError(`The commands for keys are: ${KEYS_USAGE}`);

async function list(desk: KeyDesk, json: boolean, { print }: Terminal): Promise<void> {
  const keys = (await desk.ask('GET', '/keys?class=all')) as KeyAnswer[];
  if (json)
    print(
      JSON.stringify(
        keys.map(({ key: _, ...described }) => described),
        null,
        2,
      ),
    );
  else for (const line of keyTable(keys)) print(line);
}

/**
 * New key in, then the old ones out, so that at no moment a sender has none that is valid. The key is printed in between: should
 * anything fail after that, it is known to who asked for it.
 */
async function rotate(desk: KeyDesk, of: KeyClass, keep: boolean, { print, remark }: Terminal): Promise<void> {
  const old = ((await desk.ask('GET', `/keys?class=${of}`)) as KeyAnswer[]).filter((key) => key.is_active);
  const made = (await desk.ask('POST', '/keys', { class: of })) as KeyAnswer;
  print(made.key);
  remark(
    `This ${of} key, ${made.id}, is shown only now; the collector keeps its hash. A variable or a file that the collector starts with and that holds the old one needs it too.`,
  );
  if (of === 'master') desk.become(made.key);
  if (keep) {
    return old.forEach(({ id }) => remark(`${id} is still valid. When nothing uses it any more: keys revoke ${id}`));
  }
  for (const { id } of old) {
    await desk.ask('POST', `/keys/${id}/revoke`);
    remark(
      `${id} opens nothing any more.${of === 'write' ? ' Trackers that still have it keep their events until they get the new one.' : ''}`,
    );
  }
}
