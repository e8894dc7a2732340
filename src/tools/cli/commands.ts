import type { Command } from './command.ts';

/** The commands of `mailslot`, in the order of its help. */
export const COMMANDS: Record<string, { summary: string; load(): Promise<Command> }> = {
  check: {
    summary: 'finds keys that can read or manage in what a build has written',
    load: async () => (await import('./check.ts')).check,
  },
  doctor: {
    summary: 'opens a page in a browser, and says what is right with its tracker and what is not',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  types: {
    summary: 'writes the TypeScript types of the events that a collector has stored',
    load: async () => (await import('./types.ts')).types,
  },
};
