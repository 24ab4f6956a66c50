/** Measures arrival times on recorded trips, beside simpler ways to tell them. `bun bench/eta.ts FILE…` */

import { parseArgs } from 'node:util'
import { createRandom } from '../cli/riders/random'
import { readTracks } from '../cli/tracks/read'
import { TrackFileError } from '../cli/tracks/track'
import { feedOf, NOISES, type Noise } from './eta/feed'
import { fitGrid, halfOf } from './eta/fit'
import { judge } from './eta/judge'
import { type HoldOut, priorsOf, type Variant } from './eta/priors'
import { type Ride, ride } from './eta/ride'
import { type Summary, summarize } from './eta/summary'
import { printFit, printSummaries } from './eta/tables'
import { cutTrips, type Trip, withoutCopies } from './eta/trips'

const USAGE = `bun bench/eta.ts FILE… [--json] [--seed N] [--interval S] [--noise NAME|all] [--hold-out recording|trip]
                      [--half report|fit|all] [--fit]
  --interval   seconds between readings (5); recorded moments are taken, nothing is interpolated
  --noise      ${NOISES.map(({ name }) => name).join(', ')}; default: all of them
  --hold-out   what the learned prior of a trip must not have seen: the whole recording it is a piece of (default), or
               the trip alone, which is optimistic for pieces of one drive. In a file of many recordings each is one trip
  --half       constants are fitted on one half of the trips, chosen by hash, and reported on the other (default)
  --fit        print the grid over the constants instead`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    interval: { type: 'string', default: '5' },
    noise: { type: 'string', default: 'all' },
    'hold-out': { type: 'string', default: 'recording' },
    half: { type: 'string', default: 'report' },
    fit: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const seed = Number(values.seed)
const intervalS = Number(values.interval)
const noises = NOISES.filter(({ name }) => values.noise === 'all' || values.noise === name)
const holdOut: HoldOut | undefined = (['recording', 'trip'] as const).find((known) => known === values['hold-out'])
const half = (['report', 'fit', 'all'] as const).find((known) => known === values.half)
const isUsable = Number.isInteger(seed) && intervalS > 0 && noises.length > 0 && positionals.length > 0
if (values.help || !isUsable || holdOut === undefined || half === undefined) {
  console.error(USAGE)
  process.exit(values.help ? 0 : 2)
}

const trips = await readTrips(positionals)
if (trips.length === 0) {
  console.error('no trip of 2–60 min and 500 m in these files')
  process.exit(1)
}
const variants: Variant[] = ['learned', 'generic']
if (values.fit) {
  for (const variant of variants) {
    const rides = ridesOf(trips, noises[0] as Noise)
    printFit(variant, fitGrid(rides, priorsOf(trips, variant, holdOut)))
  }
} else {
  const summaries: { noise: string; variant: Variant; summary: Summary }[] = []
  for (const noise of noises) {
    const rides = ridesOf(trips, noise).filter(({ trip }) => half === 'all' || halfOf(trip.id) === half)
    for (const variant of variants) {
      const priors = priorsOf(trips, variant, holdOut)
      const judged = rides
        .flatMap((one) => {
          const prior = priors.get(one.trip.id)
          return prior === undefined ? [] : [judge(one, prior)]
        })
        .filter(({ samples }) => samples.length > 0)
      summaries.push({ noise: noise.name, variant, summary: summarize(judged, seed) })
    }
  }
  const about = { files: positionals.length, trips: trips.length, half, holdOut, intervalS, seed }
  if (values.json) console.log(JSON.stringify({ ...about, summaries }, undefined, 1))
  else printSummaries(about, summaries)
}

async function readTrips(paths: readonly string[]): Promise<Trip[]> {
  const found: Trip[] = []
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const { tracks } = await readTracks(path).catch((error: unknown) => {
      if (!(error instanceof TrackFileError)) throw error
      console.error(`${name} ${error.message}`)
      return { tracks: [] }
    })
    found.push(...cutTrips(name, tracks, createRandom(seed, name).next))
  }
  return withoutCopies(found)
}

function ridesOf(all: readonly Trip[], noise: Noise): Ride[] {
  return all.map((trip) => ride(trip, feedOf(trip, intervalS, noise, createRandom(seed, `${trip.id} ${noise.name}`))))
}
