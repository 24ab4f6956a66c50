/** `zlt serve`: runs the server until a signal ends it. */

import { Command } from 'commander'
import { type Config, isDistributed, SETTING_LIST, type SettingName } from '../src/config'
import { CliError, EXIT } from './exit'
import { tell } from './output'
import { addSettings, settingsOf } from './setting-options'

/** What nearly every installation sets; the rest stands below it in the help. */
const FIRST: readonly SettingName[] = [
  'role',
  'host',
  'port',
  'data',
  'publicUrl',
  'brokers',
  'redis',
  'database',
  'authUrl',
  'partitions',
  'signingKeys',
  'issuer',
  'allowedOrigins',
  'trustedProxies',
]
/** Those of commands that speak to a server. */
const CLIENTS: readonly SettingName[] = ['url', 'token']

const EXAMPLES = `
Examples:
  zlt serve                                     all roles in one process, data in ./zlt-data
  zlt serve --host 0.0.0.0 --public-url https://track.example
  ZLT_PORT=9000 zlt serve --log-level debug

The role auth is the control plane: accounts, orders and the relay that publishes them.
Stops on SIGTERM or SIGINT once all is saved; a second signal ends it at once.
All settings can also be variables or in zlt.json: see zlt config print.`

/** The command. */
export function serveCommand(): Command {
  const rest = SETTING_LIST.map(({ name }) => name).filter((name) => !FIRST.includes(name) && !CLIENTS.includes(name))
  const command = new Command('serve').description('run the server').addHelpText('after', EXAMPLES)
  addSettings(command, FIRST)
  addSettings(command, rest, 'Limits, times and the rest:')
  return command.action(() => serve(settingsOf(command).config))
}

interface RunningServer {
  url: string
  close(): Promise<void>
}

async function serve(config: Config): Promise<void> {
  if (isDistributed(config)) {
    throw new CliError(EXIT.failed, 'this version cannot use Kafka and Redis yet', [
      'unset brokers and redis to run everything in one process',
    ])
  }
  let server: RunningServer | undefined
  let isStopping = false
  const stop = (exitCode: number) => {
    // Before it listens nothing is at stake; and whoever signals twice does not want to wait.
    if (server === undefined || isStopping) process.exit(exitCode)
    isStopping = true
    server.close().then(
      () => process.exit(EXIT.done),
      (error: unknown) => {
        tell(`error: the server did not stop cleanly: ${error instanceof Error ? error.stack : String(error)}`)
        process.exit(EXIT.failed)
      },
    )
  }
  process.on('SIGINT', () => stop(EXIT.interrupted))
  process.on('SIGTERM', () => stop(EXIT.terminated))
  server = await start(config)
  tell(`zlt listens on ${server.url}`)
  if (process.stderr.isTTY) {
    const at = config.data === './zlt-data' ? '' : ` --data ${config.data}`
    tell(`next: zlt order create --url ${server.url}${at}, or open ${server.url}; Ctrl-C stops it`)
  }
}

async function start(config: Config): Promise<RunningServer> {
  const { startServer } = await import('../src/server')
  try {
    return await startServer(config)
  } catch (error) {
    const { code } = error as { code?: unknown }
    const at = `${config.host}:${config.port}`
    if (code === 'EADDRINUSE') {
      throw new CliError(EXIT.failed, `${at} is in use by another program`, ['stop it, or choose another with --port'])
    }
    if (code === 'EACCES') throw new CliError(EXIT.failed, `${(error as Error).message} (${at}, ${config.data})`)
    throw error
  }
}
