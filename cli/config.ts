/** `zlt config`: what the settings are, where they came from, and whether they are right. */

import { Command } from 'commander'
import { SETTING_LIST, withoutPassword } from '../src/config'
import { ConfigError, loadConfig } from '../src/load-config'
import { CliError, EXIT } from './exit'
import { printJson, printTable, tell } from './output'
import { addSettings, settingsOf } from './setting-options'

/** The command. */
export function configCommand(): Command {
  const command = new Command('config').description('show or check the settings')
  command.addCommand(printCommand()).addCommand(checkCommand())
  return command
}

function printCommand(): Command {
  const command = new Command('print')
    .description('every setting: its value in force, and whether a flag, a variable, the file or the default set it')
    .option('--json', 'as JSON: {setting: {value, source}}')
    .addHelpText('after', '\nExamples:\n  zlt config print\n  ZLT_PORT=9000 zlt config print --json --role all')
  addSettings(
    command,
    SETTING_LIST.map(({ name }) => name),
  )
  return command.action((options: { json?: boolean }) => {
    const { config, sources } = settingsOf(command)
    const rows = SETTING_LIST.map((setting) => {
      const { name, key, variable } = setting
      const value = config[name]
      const shown =
        value === undefined ? undefined : setting.secret ? '***' : withoutPassword(setting.kind.format(value))
      return { key, variable, shown, value, source: sources[name] }
    })
    if (options.json) {
      // Numbers and lists stay what they are; texts can hold passwords.
      const shownValue = ({ value, shown }: (typeof rows)[number]) =>
        typeof value === 'string' ? shown : (value ?? null)
      printJson(Object.fromEntries(rows.map((row) => [row.key, { value: shownValue(row), source: row.source }])))
    } else {
      printTable(rows, {
        setting: (r) => r.key,
        value: (r) => r.shown,
        source: (r) => r.source,
        variable: (r) => r.variable,
      })
    }
  })
}

function checkCommand(): Command {
  return new Command('check')
    .description('check a file of settings together with the variables; exits 1 and tells all that is wrong')
    .argument('[file]', 'the file; without it, zlt.json of the working directory if there is one')
    .option('--json', 'as JSON: {ok, problems}')
    .addHelpText('after', '\nExamples:\n  zlt config check\n  zlt config check /etc/zlt.json')
    .action((file: string | undefined, options: { json?: boolean }) => {
      const problems = problemsOf(file)
      if (options.json) printJson({ ok: problems.length === 0, problems })
      else if (problems.length === 0) tell('the settings are right')
      if (problems.length === 0) return
      const count = problems.length === 1 ? 'one setting is' : `${problems.length} settings are`
      throw new CliError(EXIT.failed, `${count} wrong`, options.json ? [] : problems)
    })
}

function problemsOf(file: string | undefined): readonly string[] {
  try {
    loadConfig({ file })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
