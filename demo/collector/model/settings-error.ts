/** What the operator can mend: its message names the setting or the file and never holds a key. It is shown without a stack. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}
