import { type Command, CommandError } from './command.ts';

export const check: Command = {
  help: 'Usage: mailslot check',
  run: async () => {
    throw new CommandError('not yet');
  },
};
