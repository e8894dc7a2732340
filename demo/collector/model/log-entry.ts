/** One line of JSON for the log, with the time: `{"time", "error": …}` or `{"time", "warning": …}`. */
export const logEntry = (entry: { error: string } | { warning: string }): string =>
  JSON.stringify({ time: new Date().toISOString(), ...entry });
