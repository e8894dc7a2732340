/**
 * A mistake that the operator can correct. Its message names the setting or the file, holds no key, and is shown
 * without a stack.
 */
export class SettingsError extends Error {
  override name = 'SettingsError';
}
