const INTERVAL_MS = 500;

/**
 * Sends this process SIGTERM once its parent is gone. npm passes a signal on to the shell that runs a script, and a
 * shell ends without passing it on: the script would keep running, and hold its port and its file.
 * @param parent the parent's process id when the script began
 */
export function endWithParent(parent) {
  const check = () => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  };
  const timer = setInterval(check, INTERVAL_MS).unref();
  check();
}
