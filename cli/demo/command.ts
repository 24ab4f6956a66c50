/** `zlt demo`: everything on one machine, to be looked at. */

import { Command, InvalidArgumentError } from 'commander'
import { duration, integer } from '../../src/setting-kinds'
import { EXIT } from '../exit'
import { stopOnSignals } from '../riders/stop-on-signals'
import { type DemoOptions, runDemo } from './demo'

const NOTES = `
Examples:
  zlt demo
  zlt demo --speed 1 --port 9000

Starts a server with a temporary data folder, and riders that deliver along real streets of Liechtenstein. Each link shows
one order. When an order is delivered its page shows so for 30 minutes; its rider starts the next one, and the demo prints
the new link. Ctrl-C ends all and removes the folder.`

const spanMs = duration(1_000, 86_400_000)
const port = integer(0, 65_535)

/** The command. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('everything on this machine: a server, riders that move, links to watch them')
    .option('--port <port>', 'where to listen (default: the first free port from 8080 on)', (raw) => parsed(port, raw))
    .option('--speed <x>', 'how many seconds of a ride pass in one, 0.5–3', speed, 2.5)
    .option('--seed <n>', 'another number, other GPS errors', (raw) => parsed(integer(0, 2 ** 32), raw), 1)
    .option('--duration <time>', 'end by itself after this time', (raw) => parsed(spanMs, raw))
    .option('--json', 'a JSON line for each link and each end')
    .addHelpText('after', NOTES)
    .action(async (options: DemoOptions) => {
      const curtain = new AbortController()
      const signalled = stopOnSignals(curtain)
      await runDemo(options, curtain)
      process.exit(signalled() ?? EXIT.done)
    })
}

function parsed<T>(kind: { parse(raw: unknown): T }, raw: string): T {
  try {
    return kind.parse(raw)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

/** Beyond 3 a motorbike would be faster than the tracker believes one to be. */
function speed(raw: string): number {
  const value = Number(raw)
  if (!(value >= 0.5 && value <= 3)) throw new InvalidArgumentError('Write a number from 0.5 to 3.')
  return value
}
