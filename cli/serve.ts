/** `zlt serve`: runs the server until a signal ends it. */

import { Command } from 'commander'
import { type Config, SETTING_LIST, SETTINGS, type SettingName } from '../src/config'
import type { RunningServer } from '../src/roles/node'
import { CliError, EXIT } from './exit'
import { printLine, tell } from './output'
import { addSettings, settingsOf } from './setting-options'
import { stopOnSignals } from './stop-on-signals'

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

Roles, when one machine is not enough (docs/operations.md):
  all      everything in one process, the default
  auth     the control plane: accounts, orders, and the relay that publishes them; needs Postgres and Kafka
  ingest   takes riders’ fixes into Kafka; needs the keys of an auth node (--auth-url)
  fanout   folds fixes, serves viewers and pages; needs Kafka, Redis and the keys of an auth node
Those of one role are alike: start as many as you need. Exits 3 when what it needs cannot be reached.
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

async function serve(config: Config): Promise<void> {
  let server: RunningServer | undefined
  stopOnSignals(() => server)
  server = await start(config)
  if (process.stderr.isTTY) tell(nextSteps(config, server.url))
}

/** To stdout: it is data, and stderr stays one JSON object a line. */
function onFirstAdmin({ username, password }: { username: string; password: string }): void {
  printLine(`first admin: ${username}, password: ${password} (shown only this once)`)
}

async function start(config: Config): Promise<RunningServer> {
  const { startServer } = await import('../src/server')
  try {
    return await startServer(config, { onFirstAdmin })
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const stack = config.logLevel === 'debug' ? (cause.stack ?? '').split('\n').slice(1) : []
    throw new CliError(isUnreachable(cause) ? EXIT.unreachable : EXIT.failed, cause.message, stack, { cause })
  }
}

/** By name: the class would have the errors' module loaded for `--help` too. */
function isUnreachable(error: Error): boolean {
  return error.name === 'UnreachableError'
}

/** Flags that a command needs to reach this server stand in it, so that the line can be copied. */
function nextSteps(config: Config, url: string): string {
  const at = url === SETTINGS.url.default ? '' : ` --url ${url}`
  const key = config.data === SETTINGS.data.default ? '' : ` --data ${config.data}`
  return `zlt is at ${url}; next: zlt order create${at}${key} (zlt --help tells more; Ctrl-C stops the server)`
}
