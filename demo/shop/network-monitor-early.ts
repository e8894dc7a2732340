// First script of both pages. The tag of mailslot.js is async, so a later script could miss its first requests.
import { monitorNetwork } from './panel/network-monitor.ts';

monitorNetwork();
