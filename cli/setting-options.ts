/** Turns settings into a command's options, and its parsed options back into settings. */

import { type Command, Option } from 'commander'
import { type Config, SETTING_LIST, type SettingEntry, type SettingName, type Sources } from '../src/config'
import { loadConfig } from '../src/load-config'

/** A setting's flag. Its class tells it from a command's own option of the same name, such as the role of a token. */
class SettingOption extends Option {
  constructor(readonly setting: SettingEntry & { flag: string }) {
    super(`${setting.flag} ${placeholder(setting)}`, `${setting.meaning} ${origin(setting)}`)
  }
}

/** Adds a flag for each named setting, and `--config`. Secrets have none and are passed over. */
export function addSettings(command: Command, names: readonly SettingName[], group?: string): Command {
  for (const name of names) {
    const setting = SETTING_LIST.find((one) => one.name === name)
    if (setting?.flag === undefined) continue
    const option = new SettingOption({ ...setting, flag: setting.flag })
    if (group !== undefined) option.helpGroup(group)
    command.addOption(option)
  }
  if (!command.options.some((option) => option.long === '--config')) {
    command.option('--config <file>', 'read this file of settings, not zlt.json of the working directory')
  }
  return command
}

/**
 * The settings in force for a command that `addSettings` gave its flags.
 * @throws ConfigError
 */
export function settingsOf(command: Command): { config: Config; sources: Sources } {
  const options: Record<string, unknown> = command.opts()
  const flags: Record<string, unknown> = {}
  for (const option of command.options) {
    if (option instanceof SettingOption) flags[option.setting.key] = options[option.attributeName()]
  }
  return loadConfig({ flags, file: options.config as string | undefined })
}

/** A yes or no may be given by the flag alone. */
function placeholder({ kind }: SettingEntry): string {
  return kind.word === 'true|false' ? `[${kind.word}]` : `<${kind.word}>`
}

function origin(setting: SettingEntry): string {
  const shown = setting.default === undefined ? '' : setting.kind.format(setting.default)
  return shown === '' ? `(${setting.variable})` : `(default: ${shown}; ${setting.variable})`
}
