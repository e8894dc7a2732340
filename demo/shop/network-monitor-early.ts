// First script of both pages: the tag of mailslot.js is async, so nothing later is sure to run before it.
import { watchWire } from './panel/network-monitor.ts';

watchWire();
