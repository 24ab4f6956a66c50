/**
 * Measures how the marker on the customer's page moves, against a recorded trip that is ridden through a real server in
 * real time: `bun scripts/measure-motion.ts FILE [--interval 5] [--seconds 120] [--lag 0.25] [--loss 0] [--json]`.
 *
 * The trip's own line is the order's route. Exit code 2 for wrong usage, 1 when the marker went back.
 */
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { startOwnServer } from '../cli/riders/own-server.ts'
import { readTracks } from '../cli/tracks/read.ts'
import { mintToken } from '../src/auth/mint.ts'
import { openSigningKeys } from '../src/auth/signing-keys.ts'
import { configOf } from '../src/config.ts'
import { openBrowser } from './customer-page.ts'
import { judgeMotion, type MotionVerdict } from './motion/judge-motion.ts'
import { cleanPlaces, liveliestPiece, type TripPiece } from './motion/trip-piece.ts'
import { type RideServer, type WatchedRide, watchRide } from './motion/watched-ride.ts'

/** How a recording is ridden; times in seconds. */
export type MeasureOptions = { interval: number; seconds: number; lag: number; loss: number }

const tokenTtlS = 3_600
const leadIntervals = 4

/** Rides the liveliest piece of a recording, and judges what the page showed of it. */
export async function measureMotion(
  file: string,
  { interval, seconds, lag, loss }: MeasureOptions,
): Promise<{ piece: TripPiece; ride: WatchedRide; verdict: MotionVerdict }> {
  const { tracks } = await readTracks(file)
  const places = cleanPlaces(tracks.toSorted((a, b) => b.points.length - a.points.length)[0]?.points ?? [])
  const leadMs = Math.max(10, leadIntervals * interval) * 1_000
  const piece = liveliestPiece(places, { leadMs, watchedMs: seconds * 1_000 })
  const own = await startOwnServer()
  const browser = await openBrowser()
  try {
    const keys = await openSigningKeys(join(own.dataFolder, 'keys.json'), { create: false })
    const server: RideServer = {
      url: own.url,
      token: (role, sub, options) =>
        mintToken(keys, { role, sub, ttlS: tokenTtlS, issuer: configOf().issuer, ...options }, Date.now()),
    }
    const fate = { intervalMs: interval * 1_000, lagMs: lag * 1_000, loss, leadMs, seed: 1 }
    const ride = await watchRide(server, piece, { browser, order: 'measured', ...fate })
    return { piece, ride, verdict: judgeMotion(ride.samples, piece) }
  } finally {
    await browser.close()
    await own.stop()
  }
}

/** The verdict in lines of words. */
export function describeMotion(verdict: MotionVerdict): string[] {
  const meters = ({ p50, p95 }: { p50: number; p95: number }) => `${p50.toFixed(1)} / ${p95.toFixed(1)} m`
  return [
    `watched             ${verdict.seconds.toFixed(0)} s, ${verdict.frames} frames, ${verdict.framesPerSecond.toFixed(1)} a second`,
    `behind the clock    ${verdict.behindS.toFixed(1)} s`,
    `error, its own time ${meters(verdict.errorThenM)} (p50 / p95)`,
    `error, now          ${meters(verdict.errorNowM)} (p50 / p95)`,
    `frozen              ${(verdict.frozenShare * 100).toFixed(1)} % of ${verdict.movingS.toFixed(0)} s in motion`,
    `above 108 km/h      ${verdict.wildFrames} frames, ${verdict.wildPerMille.toFixed(2)} ‰; the fastest ${verdict.fastestKmh.toFixed(0)} km/h`,
    `backward            ${verdict.backwardMoves} moves, the farthest ${verdict.farthestBackM.toFixed(2)} m`,
    `fades               ${verdict.fades}`,
    `off the line        ${(verdict.offLineShare * 100).toFixed(1)} % of frames`,
  ]
}

if (import.meta.main) {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      interval: text('5'),
      seconds: text('120'),
      lag: text('0.25'),
      loss: text('0'),
      json: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  const [interval, seconds, lag, loss] = [values.interval, values.seconds, values.lag, values.loss].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  if (file === undefined || !(interval > 0 && seconds > 0 && lag >= 0 && loss >= 0 && loss < 1)) {
    console.error(
      'usage: bun scripts/measure-motion.ts FILE [--interval 5] [--seconds 120] [--lag 0.25] [--loss 0] [--json]',
    )
    process.exit(2)
  }
  const { piece, ride, verdict } = await measureMotion(file, { interval, seconds, lag, loss })
  if (values.json) console.log(JSON.stringify({ file: basename(file), interval, lag, loss, ...verdict }))
  else {
    console.log(
      `${basename(file)}: a fix every ${interval} s, ${ride.fixesSent} sent; ${Math.round(piece.line.lengthM)} m of line`,
    )
    for (const line of describeMotion(verdict)) console.log(`  ${line}`)
  }
  for (const fault of ride.faults) console.error(`the page: ${fault}`)
  process.exit(verdict.backwardMoves > 0 || ride.faults.length > 0 ? 1 : 0)
}
