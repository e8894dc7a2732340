export type { Mailbox, MailboxOptions, Received, Routable, StatusOptions } from './mailbox.ts';
export { createMailbox } from './mailbox.ts';
