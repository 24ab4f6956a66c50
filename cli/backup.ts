/** `zlt backup`: a copy of the data folder that a server can be started on, taken while the server runs. */

import { join, relative } from 'node:path'
import { Command } from 'commander'
import { type Config, isDistributed, signingKeysPath } from '../src/config'
import { CliError, EXIT } from './exit'
import { printJson, printTable, tell } from './output'
import { addSettings, settingsOf } from './setting-options'

const NOTES = `
Examples:
  zlt backup /backup/zlt-2026-01-31
  zlt backup --data /var/lib/zlt --json /backup/zlt-2026-01-31
  zlt serve --data /backup/zlt-2026-01-31        try it, or go on with it

The server may run meanwhile; nobody waits for the copy. DIR must be empty or not there yet: each backup is whole.
To restore, stop the server and start it on the copy (or on a copy of that). Accounts, orders and tokens work as before;
what came after the backup is gone, and open pages follow by themselves.
It has the signing keys in it: keep it as secret as the data folder.`

/** The command. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .description('copy the data folder, whole and consistent, while the server runs')
    .argument('<dir>', 'where to: a folder that is empty or not there yet')
    .option('--json', 'as JSON: {folder, files, left_out, taken_at_ms}')
    .addHelpText('after', NOTES)
  addSettings(command, ['data', 'database', 'signingKeys'])
  return command.action(async (dir: string, options: { json?: boolean }) => {
    const { config } = settingsOf(command)
    await backup(config, dir, options.json === true)
  })
}

async function backup(config: Config, dir: string, asJson: boolean): Promise<void> {
  if (isDistributed(config)) {
    throw new CliError(EXIT.failed, 'brokers and redis are set: what lasts of a distributed zlt is not in a folder', [
      'back up Postgres (pg_dump) and the file of signing keys; positions come anew from the riders',
    ])
  }
  const isPostgres = config.database !== undefined && !config.database.startsWith('sqlite:')
  const database = config.database?.replace(/^sqlite:/, '') ?? join(config.data, 'zlt.db')
  const { backUp, BackupError, dropPartialBackup } = await import('../src/adapters/embedded/back-up')
  const startedMs = Date.now()
  const progress = new CopyProgress()
  for (const [signal, code] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ] as const) {
    process.once(signal, () => {
      dropPartialBackup(dir)
      process.exit(code)
    })
  }
  try {
    const source = {
      log: join(config.data, 'log.db'),
      database: isPostgres ? undefined : database,
      keys: signingKeysPath(config),
    }
    const { folder, files } = await backUp(source, dir, progress).finally(() => progress.end())
    const leftOut = whatIsLeftOut(isPostgres)
    if (asJson) printJson({ folder, files, left_out: leftOut, taken_at_ms: startedMs })
    else {
      printTable(files, { file: (file) => file.name, bytes: (file) => file.bytes })
      tell(`backed up to ${folder} in ${((Date.now() - startedMs) / 1000).toFixed(1)} s; not in it:`)
      for (const line of leftOut) tell(`  ${line}`)
      tell(`next: zlt serve --data ${relative('', folder) || '.'} starts on it (stop the other server first)`)
    }
  } catch (cause) {
    if (!(cause instanceof BackupError)) throw cause
    const isMissing = cause.message.startsWith('there is no ')
    throw new CliError(isMissing ? EXIT.unreachable : EXIT.failed, cause.message, [], { cause })
  }
}

function whatIsLeftOut(isPostgres: boolean): string[] {
  return [
    ...(isPostgres ? ['accounts and orders: they are in Postgres, so take a pg_dump beside it'] : []),
    'settings: zlt.json, variables, and the files of secrets and certificates that they name',
    'what is sent from now on: fixes, and changes of orders and accounts',
  ]
}

/** One line a file; at a terminal it goes on to tell how far the copy is. */
class CopyProgress {
  #timer: Timer | undefined
  readonly #isTerminal = process.stderr.isTTY

  onFile(name: string, bytes: number, copied: () => number): void {
    this.end()
    const line = `copying ${name}, ${size(bytes)}`
    if (!this.#isTerminal) {
      tell(line)
      return
    }
    const show = () => process.stderr.write(`\r${line}: ${Math.min(99, Math.floor((100 * copied()) / (bytes || 1)))} %`)
    show()
    this.#timer = setInterval(show, 200)
  }

  end(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    process.stderr.write('\r\x1b[K')
  }
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
