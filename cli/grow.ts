/** `zlt grow`: brings accounts and orders of a data folder into Postgres, the first step to several machines. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, signingKeysPath, withoutPassword } from '../src/config'
import { CliError, EXIT } from './exit'
import { printJson, printTable, tell } from './output'
import { addSettings, settingsOf } from './setting-options'

const NOTES = `
Examples:
  ZLT_DATABASE_FILE=/run/secrets/database zlt grow --data /var/lib/zlt
  zlt grow --data /var/lib/zlt --database postgres://zlt@db.internal/zlt --json

Stop the server of the folder first: its lock is taken. The database must be empty. Users, orders and idempotency keys
are copied in one transaction and compared before it is committed; the folder is only read, and stays as a backup.
Then start auth nodes with the same database, and the same keys (--signing-keys): tokens and passwords stay good.
Positions stay behind: the riders' next fixes bring them.`

/** The command. */
export function growCommand(): Command {
  const command = new Command('grow')
    .description('copy accounts and orders of a data folder into an empty Postgres')
    .option('--from <file>', 'the SQLite file, when it is not zlt.db of the data folder')
    .option('--json', 'as JSON: {database, signing_keys, tables: [{table, rows, checksum}]}')
    .addHelpText('after', NOTES)
  addSettings(command, ['data', 'database', 'databaseCa', 'signingKeys'])
  return command.action(async (options: { from?: string; json?: boolean }) => {
    const { config } = settingsOf(command)
    await grow(config, options.from, options.json === true)
  })
}

async function grow(config: Config, from: string | undefined, asJson: boolean): Promise<void> {
  const { database: url } = config
  if (url === undefined || url.startsWith('sqlite:')) {
    throw new CliError(EXIT.usage, 'say which Postgres', [
      'set ZLT_DATABASE (or ZLT_DATABASE_FILE, --database) to postgres://user:password@host/database',
    ])
  }
  const path = from ?? join(config.data, 'zlt.db')
  if (!existsSync(path)) {
    throw new CliError(EXIT.unreachable, `there is no ${path}`, ['name the folder of a server with --data'])
  }
  const { takeDataFolder } = await import('../src/adapters/embedded/data-folder')
  const folder = failing(EXIT.failed, () => takeDataFolder(config.data))
  try {
    const [{ openDatabase }, { copyToPostgres }] = await Promise.all([
      import('../src/store/sql'),
      import('../src/store/copy-to-postgres'),
    ])
    const target = await openDatabase(url, { caFile: config.databaseCa }).catch((cause: Error) => {
      throw new CliError(EXIT.unreachable, cause.message, [], { cause })
    })
    try {
      const tables = await copyToPostgres(path, target, (table, rows) => tell(`copying ${table}, ${rows} rows`))
      const keys = resolve(signingKeysPath(config))
      if (asJson) printJson({ database: withoutPassword(url), signing_keys: keys, tables })
      else {
        printTable(tables, { table: (t) => t.table, rows: (t) => t.rows, checksum: (t) => t.checksum })
        tell('both sides are the same; next, on each auth node:')
        tell(`  put ${keys} where only zlt can read it (chmod 600), and name it by --signing-keys`)
        tell('  start zlt serve with this database; leave the old server stopped')
      }
    } catch (cause) {
      throw new CliError(EXIT.failed, (cause as Error).message, [], { cause })
    } finally {
      await target.close()
    }
  } finally {
    folder.release()
  }
}

function failing<T>(exitCode: number, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new CliError(exitCode, (cause as Error).message, [], { cause })
  }
}
