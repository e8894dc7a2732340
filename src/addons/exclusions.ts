/** Pages whose views do not count. */
export interface ExclusionOptions {
  /** Hosts whose views count. @default all */
  hosts?: readonly string[];
  /** Paths that do not count: `*` is any text within a segment, `**` any text. @default none */
  exclude?: readonly string[];
  /** Whether a page inside a frame counts. @default false */
  frames?: boolean;
  /** Whether files, loopback, private addresses and `.local` names count. @default false */
  local?: boolean;
}

/** Addresses that visitors do not use: files, loopback, private networks. */
const LOCAL =
  /^(?!http)|\/\/(\[(::1|f[cde])|(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.[\d.:]+$)|[/.]local(host)?[\d:]*$/;

/** Whether a path matches; `*` is any text within a segment, `**` any text. */
const matches = (path: string, pattern: string) =>
  RegExp(`^${pattern.replace(/\*?\*|\W/g, (part) => (part[1] ? '.*' : part === '*' ? '[^/]*' : `\\${part}`))}$`).test(
    path,
  );

/**
 * Tells `views` which pages do not count: `views(tracker, { skip: exclusions({ exclude: ['/admin/**'] }) })`. The console
 * says once why.
 *
 * @returns why the current page does not count: the name of the option that decides, else `false`
 */
export function exclusions({ frames, local, hosts, exclude }: ExclusionOptions = {}): () => string | false {
  let said: unknown;
  return () => {
    const reason =
      (!frames && top !== self && 'frames') ||
      (!local && LOCAL.test(window.origin) && 'local') ||
      (hosts && !hosts.includes(location.hostname) && 'hosts') ||
      (exclude?.some((pattern) => matches(location.pathname, pattern)) && 'exclude') ||
      false;
    if (reason && reason !== said) console.info('mailslot: no views:', (said = reason));
    return reason;
  };
}
