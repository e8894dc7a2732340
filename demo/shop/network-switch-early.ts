// First script of both pages. The tag of mailslot.js is async, so a later script could miss its first requests.
import { switchNetwork } from './panel/network-switch.ts';

switchNetwork();
