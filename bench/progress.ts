/** What one fix costs on its way through snap, filter and estimate. `bun bench/progress.ts [--json]` */

import { blur } from '../cli/riders/gps-noise'
import { createRandom } from '../cli/riders/random'
import { advanceEta, type EtaState, estimateEta } from '../src/domain/eta'
import { destination, type Point } from '../src/domain/geo'
import { advance, type Progress, type Reading } from '../src/domain/progress'
import { pointAlong, prepareRoute, type Snap, snapToRoute, straightRoute } from '../src/domain/route'
import { layTimetable, tablePrior } from '../src/domain/timetable'

const random = createRandom(1, 'bench progress')
const route = prepareRoute(straightRoute(windingLine(2_000)))
const timetable = layTimetable(route, tablePrior('motorbike', 10, route.lengthM))
const readings = ridden(4_000)

/** Whole rides in turn: the first ones warm the compiler up and are not counted. */
function microsPerFix(ride: () => void, rides = 15, warmUp = 5): number {
  const micros: number[] = []
  for (let i = 0; i < rides + warmUp; i++) {
    const startMs = performance.now()
    ride()
    if (i >= warmUp) micros.push(((performance.now() - startMs) * 1000) / readings.length)
  }
  return micros.sort((a, b) => a - b)[Math.floor(micros.length / 2)] ?? Number.NaN
}

let sink = 0
const figures = {
  route_points: route.lat.length,
  route_km: Math.round(route.lengthM / 1000),
  readings: readings.length,
  control_allocate_us: microsPerFix(() => {
    for (const reading of readings) sink += { ...reading, sum: reading.lat }.sum
  }),
  advance_us: microsPerFix(() => {
    let progress: Progress | undefined
    for (const reading of readings) progress = advance(progress, route, reading)
    sink += progress?.alongM ?? 0
  }),
  advance_and_eta_us: microsPerFix(() => {
    let progress: Progress | undefined
    let state: EtaState | undefined
    for (const reading of readings) {
      progress = advance(progress, route, reading)
      state = advanceEta(state, route, timetable, [], progress)
      sink += estimateEta(state, route, timetable, [], progress).remainingS
    }
  }),
  snap_whole_route_us: microsPerFix(() => {
    const out: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }
    const window = { fromM: 0, toM: route.lengthM, nearM: 0, nearWeight: 0, headingDeg: Number.NaN }
    for (const { lat, lng } of readings) snapToRoute(route, { lat, lng, ...window }, out)
    sink += out.alongM
  }),
}
if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
else for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(22)} ${round(value)}`)
if (!Number.isFinite(sink)) process.exitCode = 1

function windingLine(count: number): Point[] {
  const points: Point[] = [{ lat: 12.97, lng: 77.59 }]
  let bearing = 45
  while (points.length < count) {
    bearing += random.normal() * 25
    points.push(destination(points.at(-1) as Point, bearing, random.between(8, 40)))
  }
  return points
}

function ridden(count: number): Reading[] {
  return Array.from({ length: count }, (_, i) => {
    const place = blur(pointAlong(route, (i / count) * route.lengthM), 8, random)
    return { ...place, timeMs: 1_760_000_000_000 + i * 1_500 }
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
