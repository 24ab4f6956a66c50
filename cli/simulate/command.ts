/** `zlt simulate`: riders that replay recordings against a real server, and viewers that check what they get. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { duration } from '../../src/setting-kinds'
import { CliError, EXIT } from '../exit'
import { printJson, printLine } from '../output'
import { stopOnSignals } from '../riders/stop-on-signals'
import { addSettings, settingsOf } from '../setting-options'
import { outcomeLines, type SimulateOptions, simulate } from './simulate'

const spanMs = duration(10, 86_400_000)

const NOTES = `
Examples:
  zlt simulate                                   ten riders on the demo's routes, against a server of its own
  zlt simulate ride.gpx --riders 200 --viewers 2 --duration 30s
  zlt simulate *.gpx --noise 8 --loss 0.05 --outages --speed 2
  ZLT_TOKEN=… zlt simulate --url https://track.example --riders 50

Reads GPX, KML, TCX, GeoJSON, OwnTracks .rec, CSV and JSON. A rider that comes to the end of its recording turns round.
Fixes are sent at times fixed beforehand, and latency is counted from those, so a slow server cannot hide by being asked
less. At the end each rider sends one clean fix, which every viewer has to show within 5 s.
Another's server needs ZLT_TOKEN (INTERNAL_SERVICE), or its data folder's key by --data; the run's orders are forgotten.
Exit codes: 1 when a viewer lost something, saw something older or something of another's; 3 when no server answers.`

/** The flags as commander leaves them: `--outages` may be bare. */
type Flags = Omit<SimulateOptions, 'outages'> & { outages: number | true; json?: true }

/** The command. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('replay recordings as riders, with viewers that check what they are shown')
    .argument('[file...]', 'recordings (default: the demo’s routes)')
    .option('--riders <n>', 'how many riders, each with one order (default: one a track; 10 without a file)', whole(1))
    .option('--viewers <n>', 'sockets that watch each order', whole(0), 1)
    .option('--speed <x>', 'how many recorded seconds pass in one', positive, 1)
    .option(
      '--interval <time>',
      'between a rider’s fixes; a plain number is ms (default: as recorded; 1s without a file)',
      time('ms'),
    )
    .option('--noise <m>', 'GPS error on each axis in metres, 1 sigma', upTo(1_000), 0)
    .option('--loss <p>', 'share of fixes that never leave the phone', upTo(1), 0)
    .option('--outages [n]', 'riders that fall silent and upload later: a share below 1, or a number', parseOutages, 0)
    .option('--seed <n>', 'all chance is drawn from it: the same seed gives the same run', whole(0), 1)
    .addOption(
      new Option('--duration <time>', 'how long riders send; a plain number is seconds')
        .argParser(time('s'))
        .default(60_000, '60s'),
    )
    .option('--json', 'the report as JSON')
    .option('--ingest-url <url>', 'where fixes go, if not to --url')
    .option('--fanout-url <url...>', 'where viewers go, if not to --url; repeatable')
    .option('--auth-url <url>', 'where orders are made, if not at --url')
    .addHelpText('after', NOTES)
  addSettings(command, ['url', 'data', 'issuer'])
  return command.action(async (files: string[]) => {
    const { config, sources } = settingsOf(command)
    const { json, outages, ...options } = command.opts<Flags>()
    // Only a flag counts: a variable that is there for other commands must not send load anywhere.
    const url = sources.url === 'flag' ? config.url : undefined
    const curtain = new AbortController()
    const signalled = stopOnSignals(curtain)
    const parsed = { ...options, url, outages: outages === true ? DEFAULT_OUTAGES : outages }
    const outcome = await simulate(files, parsed, config, curtain.signal).catch((error: unknown) => {
      // Stopped before there was anything to report.
      if (signalled() !== undefined && !(error instanceof CliError)) return undefined
      throw error
    })
    const exitCode = signalled()
    if (exitCode !== undefined) process.exitCode = exitCode
    if (outcome === undefined) return
    if (json) printJson(outcome.report)
    else for (const line of outcomeLines(outcome)) printLine(line)
    if (exitCode === undefined && outcome.faults.length > 0)
      throw new CliError(EXIT.failed, 'the run found faults', outcome.faults)
  })
}

/** With `--outages` alone every tenth rider falls silent once. */
const DEFAULT_OUTAGES = 0.1
/** Beyond this one process cannot open the sockets, nor make the load. */
const MOST = 100_000

function whole(min: number): (raw: string) => number {
  return (raw) => {
    const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
    if (!(value >= min && value <= (min === 0 ? 2 ** 32 : MOST))) {
      throw new InvalidArgumentError(`Write a whole number from ${min} on.`)
    }
    return value
  }
}

function upTo(max: number): (raw: string) => number {
  return (raw) => {
    const value = raw.trim() === '' ? Number.NaN : Number(raw)
    if (!(value >= 0 && value <= max)) throw new InvalidArgumentError(`Write a number from 0 to ${max}.`)
    return value
  }
}

function positive(raw: string): number {
  const value = Number(raw)
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('Write a number above 0, 1000 at most.')
  return value
}

function parseOutages(raw: string): number {
  return upTo(MOST)(raw)
}

/** A time with its unit; a plain number has `unit`. */
function time(unit: 'ms' | 's'): (raw: string) => number {
  return (raw) => {
    try {
      return spanMs.parse(/^\d+(\.\d+)?$/.test(raw) ? `${raw}${unit}` : raw)
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message)
    }
  }
}
