import { tracker } from './tracker';

chrome.runtime.onInstalled.addListener(({ reason }) => {
  tracker.track('installs', { reason });
});
