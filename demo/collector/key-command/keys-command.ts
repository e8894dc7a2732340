import type { KeyAnswer } from '../http/key-routes.ts';
import { canRead } from '../model/access.ts';
import { KEY_CLASSES, type KeyClass } from '../model/key.ts';
import { isEntryId } from '../model/key-entry.ts';
import { SettingsError } from '../model/settings-error.ts';
import type { KeyClient } from './key-client.ts';
import { keyTable } from './key-table.ts';

export interface KeysSwitches {
  /** Of `rotate`: the old keys stay valid. */
  keep?: boolean;
  /** Of `list`: prints JSON. */
  json?: boolean;
  /** Of `list`: prints the hashes of all keys that can read or manage. */
  fingerprints?: boolean;
}

/** The output of a command, line by line. */
export interface Terminal {
  /** A result, to stdout. */
  print(line: string): void;
  /** Anything else, to stderr. */
  inform(line: string): void;
}

export const KEYS_USAGE = `keys list [--json | --fingerprints] | keys rotate ${KEY_CLASSES.join('|')} [--keep] | keys revoke ID | keys unrevoke ID | keys delete ID`;

/**
 * Runs a command: `keys VERB`, and its argument.
 * @throws SettingsError for an unknown command, and for one that the collector refuses
 */
export async function keysCommand(
  [verb, argument, ...rest]: string[],
  { keep, json, fingerprints }: KeysSwitches,
  client: KeyClient,
  terminal: Terminal,
): Promise<void> {
  if (rest.length) throw usage();
  if (verb === 'list' && argument === undefined && fingerprints) return listFingerprints(client, terminal);
  if (verb === 'list' && argument === undefined) return list(client, json === true, terminal);
  if (verb === 'rotate' && KEY_CLASSES.includes(argument as KeyClass))
    return rotate(client, argument as KeyClass, keep === true, terminal);
  if (verb !== 'revoke' && verb !== 'unrevoke' && verb !== 'delete') throw usage();
  if (argument === undefined || !isEntryId(argument)) {
    // Never repeat the argument: it can be a key.
    throw new SettingsError(
      `keys ${verb} takes a key's id, such as id_0123456789abcdef; keys list shows all ids. Never put a key itself into a command, because other users of this machine can see it.`,
    );
  }
  if (verb === 'delete') await client.request('DELETE', `/keys/${argument}`);
  else await client.request('POST', `/keys/${argument}/${verb}`);
  const state = { revoke: 'revoked', unrevoke: 'valid again', delete: 'deleted' }[verb];
  terminal.inform(`${argument} is ${state}.`);
}

const usage = () => new SettingsError(`The commands for keys are: ${KEYS_USAGE}`);

async function list(client: KeyClient, json: boolean, { print }: Terminal): Promise<void> {
  const keys = (await client.request('GET', '/keys?class=all')) as KeyAnswer[];
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
 * Prints a line for each key that can do more than write, revoked ones too: its SHA-256 in hex, its class, and its id.
 * `mailslot check --fingerprints` finds keys by these lines. Hashes of random keys tell nothing about the keys.
 */
async function listFingerprints(client: KeyClient, { print }: Terminal): Promise<void> {
  const keys = (await client.request('GET', '/keys?class=all&fingerprints=true')) as KeyAnswer[];
  for (const { id, class: of, permitted, sha256 } of keys) {
    if (sha256 === undefined)
      throw new SettingsError('This collector is too old: it does not tell the hashes of its keys.');
    if (canRead(permitted)) print(`${sha256} ${of === 'master' ? 'master' : 'read'} ${id}`);
  }
}

/**
 * Creates the new key, then revokes the old ones, so that there is a valid key at any time. Prints the key in between,
 * so that it is not lost if a later step fails.
 */
async function rotate(client: KeyClient, of: KeyClass, keep: boolean, { print, inform }: Terminal): Promise<void> {
  const old = ((await client.request('GET', `/keys?class=${of}`)) as KeyAnswer[]).filter((key) => key.is_active);
  const made = (await client.request('POST', '/keys', { class: of })) as KeyAnswer;
  print(made.key);
  inform(
    `This ${of} key, ${made.id}, is shown only now, because the collector stores only its hash. If a variable or a file of the collector’s settings holds the old key, put the new one there too.`,
  );
  if (of === 'master') client.setMasterKey(made.key);
  if (keep) {
    return old.forEach(({ id }) => inform(`${id} is still valid. Once nothing uses it any more: keys revoke ${id}`));
  }
  for (const { id } of old) {
    await client.request('POST', `/keys/${id}/revoke`);
    inform(
      `${id} is revoked.${of === 'write' ? ' Trackers that still have it keep their events until they get the new one.' : ''}`,
    );
  }
}
