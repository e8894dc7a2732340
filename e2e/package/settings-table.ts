import { fallbackOf } from '../../demo/collector/settings/help.ts';
import { SETTING_NAMES, SETTINGS, variableOf } from '../../demo/collector/settings/settings.ts';

/** The rows of the collector's settings in its README, from the one table that `--help` and the checks use too. */
export const settingsRows = (): string[][] =>
  SETTING_NAMES.map((name) => [`\`${variableOf(name)}\``, fallbackOf(name), SETTINGS[name].help]);
