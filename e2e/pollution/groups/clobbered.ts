// Elements whose id or name is that of a global or of a member of the document.
import type { Pollution } from '../pollution.ts';
import { USES } from '../uses.ts';

const NAMES = [
  'mailslot',
  'q',
  'c',
  ...new Set(
    USES.flatMap((path) => {
      const member = /^(?:new )?(?:Document\.prototype\.)?(\w+)$/.exec(path)?.[1] ?? /^\w+/.exec(path)?.[0];
      return member ? [member] : [];
    }),
  ),
  'visibilityState',
  'cookie',
  'head',
  'documentElement',
  'scripts',
  'location',
  'globalPrivacyControl',
];

const DATA = `data-project-id="another" data-write-key="write_another" data-endpoint="https://other.example" data-consent="granted"`;

const KINDS: Record<string, (name: string) => string> = {
  images: (name) => `<img name="${name}" id="${name}" alt="" ${DATA}>`,
  forms: (name) => `<form name="${name}" id="${name}" ${DATA}><input name="dataset"><input name="src"></form>`,
  links: (name) => `<a id="${name}" ${DATA}></a>`,
  'two links of one name': (name) => `<a id="${name}" name="${name}"></a><a id="${name}" name="${name}"></a>`,
  inputs: (name) => `<input name="${name}" id="${name}">`,
  frames: (name) => `<iframe name="${name}" id="${name}" hidden></iframe>`,
  objects: (name) => `<object id="${name}" name="${name}"></object>`,
  'embedded files': (name) => `<embed name="${name}" hidden>`,
  scripts: (name) => `<script name="${name}" id="${name}" type="text/plain" ${DATA}></script>`,
};

export const clobbered: readonly Pollution[] = Object.entries(KINDS).map(([kind, element]) => ({
  name: `${kind} with the names of globals`,
  body: NAMES.map(element).join('\n'),
}));
