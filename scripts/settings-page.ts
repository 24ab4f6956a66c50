/** Writes the reference of settings from their table. */

import { SETTING_LIST, type SettingEntry } from '../src/config'

/** The text of `docs/settings.md`. */
export function settingsPage(): string {
  const rows = SETTING_LIST.map(
    (setting) =>
      `| \`${setting.key}\` | ${setting.flag ? `\`${setting.flag}\`` : '(none)'} | \`${setting.variable}\` | ` +
      `${cell(setting.kind.form)} | ${shownDefault(setting)} | ${cell(setting.meaning)} |`,
  )
  return [
    '# Settings',
    '',
    '<!-- Written by scripts/generate-docs.ts from src/config.ts: change the table there, not this file. -->',
    '',
    'Each setting is looked for in this order: the flag, the variable, the file, the default. The file is `zlt.json` in',
    'the working directory, or the one named by `--config FILE`: one JSON object whose names are those of the first',
    'column. Unknown names are errors, in the file as among the variables that begin with `ZLT_`; an empty variable counts',
    'as absent. Times and sizes carry their unit (`250ms`, `15m`, `256KiB`). Lists are written with commas, in the file as',
    'arrays. `zlt config print` shows what is in force and from where; `zlt config check` tells all that is wrong.',
    '',
    '| setting | flag | variable | value | default | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'Secrets have no flag, since every user of a machine can read the command lines of all processes. With `brokers` and',
    '`redis` the system is distributed, with neither it is one process with its folder; one alone is an error. Variables',
    'that Kubernetes adds for a Service called `zlt` (`ZLT_SERVICE_HOST`, `ZLT_PORT=tcp://…`) are passed over.',
    '',
    '## Secrets in files',
    '',
    'What is secret, or a URL that can hold a password, may stand in a file of its own, as orchestrators mount it:',
    '`ZLT_ADMIN_PASSWORD_FILE=/run/secrets/admin` (in `zlt.json`: `adminPasswordFile`). One line break at the end is not',
    'part of the value. The value and its file together, and a file that is missing, unreadable or empty, are errors. So',
    'for:',
    '',
    ...SETTING_LIST.flatMap(({ key, byFile }) => (byFile ? [`- \`${key}\`: \`${byFile.variable}\``] : [])),
    '',
    '## What a role needs',
    '',
    'Distributed, `auth` and `all` need Postgres as `database`: every auth node must see the same accounts and orders, and',
    'a SQLite file belongs to one machine. Auth nodes share one file of `signingKeys`. `ingest` and `fanout` need `authUrl`',
    'to verify tokens (or the file of `signingKeys`). Nothing else is asked of a role, and what is missing ends the start.',
    '',
  ].join('\n')
}

function shownDefault(setting: SettingEntry): string {
  if (setting.default === undefined) return ''
  const shown = setting.kind.format(setting.default)
  return shown === '' ? '(empty)' : `\`${shown}\``
}

/** A bar would end the cell. */
function cell(words: string): string {
  return words.replaceAll('|', '\\|')
}
