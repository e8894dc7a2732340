/** How a key was recognised. */
export type Evidence =
  /** Its own text says so: a label such as `read_`, the claims of a JWT, the permissions of an Access Key. */
  | 'label'
  /** The name of the option, attribute or variable that holds it. */
  | 'name'
  /** It is the value of a variable of the environment. */
  | 'environment'
  /** Its hash is one of the collector's. */
  | 'fingerprint';

/** A key at a place. It never holds the key, nor a part of it. */
export interface Finding {
  /** The file, as it was named to the scanner. */
  file: string;
  /** The original source inside of a source map. If there is one, `line` and `column` are those in it. */
  source?: string;
  /** From 1. Of a compressed file: in its content. */
  line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  column: number;
  /** `read`, `master`, or the word of another label, such as `secret` or `admin`. */
  keyClass: string;
  evidence: Evidence;
  /** The variable of the environment with this value, or the key's id in the list of fingerprints. */
  name?: string;
}

/** The finding as one line of text, such as `dist/app.js:12:8: a read key, by its label`. */
export function formatFinding({ file, source, line, column, keyClass, evidence, name }: Finding): string {
  const place = source === undefined ? `${file}:${line}:${column}` : `${file} (${source}:${line}:${column})`;
  const reason = {
    label: 'by its label',
    name: 'by the name of what holds it',
    environment: `the value of ${name}`,
    fingerprint: `by its fingerprint${name ? ` (${name})` : ''}`,
  }[evidence];
  return `${place}: ${/^[aeiou]/.test(keyClass) ? 'an' : 'a'} ${keyClass} key, ${reason}`;
}

/** A key in a view of a text. It is internal, because it holds the key. */
export interface Match {
  /** Offset in the view. */
  at: number;
  /** The key, or what the rule has of it; tells whether two matches are of one key. */
  value: string;
  keyClass: string;
  evidence: Evidence;
  name?: string;
  /** Only a part of the key is here, and `value` is the whole. */
  isPart?: boolean;
}
