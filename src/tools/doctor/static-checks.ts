import { createHash } from 'node:crypto';
import { KeyError } from '../../errors.ts';
import { checkKey } from '../../key.ts';
import { check as checkOption } from '../../options.ts';
import { createScanner } from '../scanner/scanner.ts';
import { bad, type Finding, good, note } from './finding.ts';
import type { Network } from './network.ts';
import type { PageState, Tag } from './visit.ts';

/** What was seen of a page that has loaded, before the doctor does anything to it. */
export interface Loaded {
  url: string;
  state: PageState;
  network: Network;
  messages: readonly string[];
  policies: readonly string[];
}

/** Whether there is a tracker at all. */
export function checkFound({ state: { tags, queues }, network: { posts } }: Loaded): Finding {
  if (tags.length) {
    const projects = tags.map(({ data }) => nameOfProject(data.projectId)).join(', ');
    return good(
      'found',
      `${tags.length === 1 ? 'a script tag' : `${tags.length} script tags`}, for project ${projects}`,
    );
  }
  const [queue] = queues;
  const project = queue ?? posts[0]?.project.split('/').pop();
  if (project !== undefined) return good('found', `an import, for project ${project}`);
  return bad(
    'found',
    'neither a script tag with data-project-id and data-write-key, nor a queue or a request of an import',
    'add the tag, or call createTracker() when the page loads. If it waits for consent, pass --click with the button’s selector',
  );
}

/** The project's id, unless it is missing or a key. */
function nameOfProject(id: string | undefined): string {
  if (!id) return '(no id)';
  return keyErrorOf(() => checkOption('projectId', id)) ? '(a key)' : id;
}

/** Whether each tag has started, and what the console said if not. */
export function checkStarted({ state: { tags }, network, messages }: Loaded): Finding | undefined {
  if (!tags.length) return undefined;
  const asleep = tags.filter(({ isStarted }) => !isStarted);
  if (!asleep.length) return good('started', tags.map(({ global }) => global).join(', '));
  const [{ src }] = asleep as [Tag];
  const missing = src && checkArrival(src, network);
  if (missing) return missing;
  const [said] =
    messages.find((message) => /mailslot/.test(message) && !/is no option/.test(message))?.split('\n') ?? [];
  const [, option] = /mailslot: (\w+) must be like/.exec(said ?? '') ?? [];
  return bad(
    'started',
    said ?? 'the file has come, and the tracker has not started',
    option
      ? `change data-${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} of the tag`
      : 'see the console, and the lines below',
  );
}

/** Servers of single-page apps answer every path with the app's page. */
const isPage = (text: string) => /^\s*</.test(text);

/** Why the tag's file has not come; undefined if it has. */
function checkArrival(src: string, { sources, statuses }: Network): Finding | undefined {
  const notThere = 'put dist/mailslot.js at this address, or correct src';
  const status = statuses.get(src);
  const missing = (what: string, mend: string) => bad('started', `the file has not come: ${src} ${what}`, mend);
  if (!sources.has(src)) {
    if (!status || status < 400) return missing('is blocked, or gives no answer', `${notThere}; see the lines below`);
    const isRefusal = status === 401 || status === 403;
    const mend = isRefusal ? 'let every visitor load it' : 'see the log of its server';
    return missing(`answers ${status}`, isRefusal || status >= 500 ? mend : notThere);
  }
  return isPage(sources.get(src)!) ? missing('is a page', notThere) : undefined;
}

/** The page must hold no other key than the Write key: in its tags, its documents and its scripts. */
export function checkKeys({ state: { tags }, network }: Loaded): Finding[] {
  const findings: Finding[] = [];
  const mend = 'replace it by the Write key, and replace the key itself: it was public';
  for (const { data } of tags) {
    const { writeKey, projectId } = data;
    const checks = [
      ...Object.entries(data).map(
        ([name, value]) =>
          () =>
            checkOption(name, value),
      ),
      () => writeKey && checkKey(writeKey, projectId!),
    ];
    const said = checks.map(keyErrorOf).filter((text) => text !== undefined);
    findings.push(...[...new Set(said)].map((text) => bad('key', text, mend)));
  }
  const scanner = createScanner();
  for (const [address, text] of network.sources) {
    for (const { line, keyClass } of scanner.scan(new URL(address).pathname, text)) {
      findings.push(bad('key', `a ${keyClass} key in ${address}, line ${line}`, mend));
    }
  }
  return findings;
}

/** What the tracker says if it refuses a key here; undefined if it takes it, or refuses anything else. */
function keyErrorOf(check: () => unknown): string | undefined {
  try {
    check();
  } catch (error) {
    if (error instanceof KeyError) return error.message;
  }
  return undefined;
}

/** The file is the one that its tag names, if another host serves it. */
export async function checkIntegrity({ url, state: { tags }, network }: Loaded): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { src, integrity, crossOrigin } of tags) {
    if (!src) continue;
    const isForeign = new URL(src).origin !== new URL(url).origin;
    const text =
      network.sources.get(src) ??
      (await fetch(src).then(
        (answer) => (answer.ok ? answer.text() : undefined),
        () => undefined,
      ));
    if (text === undefined || isPage(text)) {
      findings.push(note('integrity', `${src} cannot be read`));
      continue;
    }
    const hash = (algorithm: string) => `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;
    if (!integrity) {
      findings.push(
        isForeign
          ? bad(
              'integrity',
              `${src} is of another host and has no integrity`,
              `add integrity="${hash('sha384')}" crossorigin`,
            )
          : note('integrity', 'none, and the site serves the file itself'),
      );
    } else if (!integrity.split(/\s+/).some((one) => one === hash(one.split('-')[0]!))) {
      findings.push(
        bad(
          'integrity',
          `${src} is not the file of its integrity, and is blocked`,
          `${hash('sha384')} is the hash of the file`,
        ),
      );
    } else if (isForeign && crossOrigin === null) {
      findings.push(bad('integrity', `${src} has no crossorigin, and is blocked`, 'add crossorigin to the tag'));
    } else findings.push(good('integrity', 'the file is the one of its hash'));
  }
  return findings;
}

const sha256 = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The Content Security Policy allows the stub, the file and the collector. */
export function checkPolicy({ state, policies, network }: Loaded): Finding[] {
  const all = [...policies, ...state.metaPolicies];
  if (!all.length) return [note('policy', 'the page has no Content Security Policy')];
  const findings: Finding[] = [];
  const { violations, stubs, tags } = state;
  const isInline = violations.some(({ blocked, directive }) => blocked === 'inline' && directive.startsWith('script'));
  for (const { text, hasNonce } of stubs) {
    const hash = sha256(text);
    const isListed = hasNonce || all.every((policy) => !/script-src|default-src/.test(policy) || policy.includes(hash));
    if (isInline && !isListed) {
      findings.push(bad('policy', 'it blocks the stub', `add '${hash}' to script-src`));
    }
  }
  for (const { src } of tags) {
    if (violations.some(({ blocked, directive }) => directive.startsWith('script') && blocked === src)) {
      findings.push(bad('policy', `it blocks ${src}`, `add ${new URL(src).origin} to script-src`));
    }
  }
  for (const origin of endpointsOf(state, network)) {
    const isBlocked = ({ blocked, directive }: PageState['violations'][number]) =>
      directive === 'connect-src' && blocked.startsWith(origin);
    if (violations.some(isBlocked)) {
      findings.push(bad('policy', `it blocks the collector at ${origin}`, `add ${origin} to connect-src`));
    }
  }
  if (!findings.length) findings.push(good('policy', 'it allows the stub, the file and the collector'));
  return findings;
}

/** The origins of the collectors. */
function endpointsOf({ tags }: PageState, { posts }: Network): string[] {
  const addresses = [
    ...tags.map(({ data }) => data.endpoint || 'https://api.keen.io').filter((address) => !address.startsWith('/')),
    ...posts.map(({ project }) => project),
  ];
  return [...new Set(addresses.filter((address) => URL.canParse(address)).map((address) => new URL(address).origin))];
}

/** With Trusted Types a loader that sets `src` is blocked; a tag in the page’s HTML is not. */
export function checkTrustedTypes({ state, policies }: Loaded): Finding {
  const isEnforced = [...policies, ...state.metaPolicies].some((policy) => /require-trusted-types-for/.test(policy));
  if (!isEnforced) return note('trusted-types', 'the page does not require them');
  const blocked = state.violations.find(
    ({ directive, sample }) => /trusted-types/.test(directive) && /mailslot/i.test(sample),
  );
  if (!blocked) return good('trusted-types', 'required, and nothing of mailslot is blocked');
  return bad(
    'trusted-types',
    'a script that loads mailslot.js is blocked',
    'put the tag into the page’s HTML, or give the loader a policy that returns a TrustedScriptURL',
  );
}

/** Attributes that are no options are silent mistakes. */
export function checkOptions({ state: { tags }, messages }: Loaded): Finding | undefined {
  if (!tags.length) return undefined;
  const unknown = messages.map((message) => /^mailslot: (data-[\w-]+) is no option/.exec(message)?.[1]).filter(Boolean);
  if (!unknown.length) return good('options', 'each attribute is one');
  return bad('options', `no option: ${[...new Set(unknown)].join(', ')}`, 'see the list of options in the README');
}
