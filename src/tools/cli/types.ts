import { type Command, CommandError } from './command.ts';

export const types: Command = {
  help: 'Usage: mailslot types',
  run: async () => {
    throw new CommandError('not yet');
  },
};
