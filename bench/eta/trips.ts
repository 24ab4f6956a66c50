/** Recordings cut into trips that a delivery could have been, each with the line it followed as its route. */

import type { TrackPoint } from '../../cli/tracks/track'
import { distanceM } from '../../src/domain/geo'
import { encodePolyline } from '../../src/domain/polyline'
import { prepareRoute, type Route, routeId } from '../../src/domain/route'
import type { PaceVehicle } from '../../src/domain/timetable'
import { simplify } from './simplify'

/** A recorded moment of a trip. */
export interface TripPoint {
  lat: number
  lng: number
  timeMs: number
  /** Where on the route the rider truly was. */
  alongM: number
}

export interface Trip {
  /** Tells this trip from all others, and decides which half it is in. */
  id: string
  recording: string
  /** Trips of one file with many recordings are each other's history; pieces of one recording are not. */
  isPiece: boolean
  vehicle: PaceVehicle
  points: TripPoint[]
  route: Route
  /** When the rider came within 40 m of the end along the route. */
  arrivalMs: number
}

/** What is a trip. */
export const TRIP = { minS: 120, maxS: 3600, minM: 500, arrivalM: 40, minFixes: 8 } as const
/** A longer silence ends a trip. */
const GAP_MS = 300_000
/** No vehicle: such a point is a receiver's slip. */
const MAX_MPS = 60
/** A single recording longer than this is cut into pieces of such lengths. */
const CUT = { aboveS: 1200, minS: 240, maxS: 960 } as const
const SIMPLIFY_M = 10
/** Standing within this of the start or the end belongs to no trip. */
const PARKED_M = 30
/** But so long after the end the phone goes on, so that the arrival can be seen. */
const PARKED_MS = 120_000

type Timed = { lat: number; lng: number; timeMs: number }

/** Without the copies that some files hold of the same ride under another name. */
export function withoutCopies(trips: readonly Trip[]): Trip[] {
  const kept = new Map(trips.map((trip) => [`${trip.route.id}@${trip.points[0]?.timeMs}`, trip]))
  return [...kept.values()]
}

/** The trips of one file's tracks. `random` decides only where long recordings are cut. */
export function cutTrips(file: string, tracks: readonly { points: TrackPoint[] }[], random: () => number): Trip[] {
  const trips: Trip[] = []
  const many = tracks.length >= 4
  const cleaned = tracks.map(({ points }) => clean(points))
  const vehicle = vehicleOf(cleaned)
  for (const [index, whole] of cleaned.entries()) {
    const recording = `${file}#${index}`
    for (const stretch of splitAtGaps(whole)) {
      const durationS = secondsOf(stretch)
      const pieces = durationS > (many ? TRIP.maxS : CUT.aboveS) ? cut(stretch, random) : [stretch]
      for (const piece of pieces) {
        const trip = tripOf(recording, pieces.length > 1 || !many, vehicle, piece)
        if (trip !== undefined) trips.push(trip)
      }
    }
  }
  return trips
}

function tripOf(recording: string, isPiece: boolean, vehicle: PaceVehicle, piece: Timed[]): Trip | undefined {
  const ridden = trimParked(piece)
  if (ridden.length < TRIP.minFixes) return undefined
  const kept = simplify(ridden, SIMPLIFY_M)
  const line = kept.map((index) => ridden[index] as Timed)
  if (line.length < 2) return undefined
  const route = prepareRoute({ polyline: encodePolyline(line, 6), precision: 6 })
  const lastMs = (ridden.at(-1) as Timed).timeMs
  const parked = piece.filter(({ timeMs }) => timeMs > lastMs && timeMs <= lastMs + PARKED_MS)
  const points = [...alongOf(ridden, kept, route), ...parked.map((point) => ({ ...point, alongM: route.lengthM }))]
  const arrived = points.find(({ alongM }) => route.lengthM - alongM <= TRIP.arrivalM)
  const startMs = points[0]?.timeMs ?? 0
  if (arrived === undefined || route.lengthM < TRIP.minM) return undefined
  const durationS = (arrived.timeMs - startMs) / 1000
  if (durationS < TRIP.minS || durationS > TRIP.maxS) return undefined
  const id = routeId(`${recording}@${startMs}`, 0)
  return { id, recording, isPiece, vehicle, points, route, arrivalMs: arrived.timeMs }
}

/** Timed points in order, without repeats and without slips of the receiver. */
function clean(points: readonly TrackPoint[]): Timed[] {
  const kept: Timed[] = []
  let refused = 0
  for (const { lat, lng, timeMs } of points) {
    if (timeMs === undefined || (lat === 0 && lng === 0)) continue
    const last = kept.at(-1)
    if (last !== undefined) {
      if (timeMs <= last.timeMs) continue
      const seconds = (timeMs - last.timeMs) / 1000
      if (distanceM(last, { lat, lng }) > MAX_MPS * seconds + 20 && refused < 3) {
        refused += 1
        continue
      }
    }
    refused = 0
    kept.push({ lat, lng, timeMs })
  }
  return kept
}

function splitAtGaps(points: Timed[]): Timed[][] {
  const stretches: Timed[][] = []
  let current: Timed[] = []
  for (const point of points) {
    const last = current.at(-1)
    const jumped = last !== undefined && distanceM(last, point) > MAX_MPS * ((point.timeMs - last.timeMs) / 1000) + 20
    if (last !== undefined && (point.timeMs - last.timeMs > GAP_MS || jumped)) {
      stretches.push(current)
      current = []
    }
    current.push(point)
  }
  return [...stretches, current].filter((stretch) => stretch.length > 1)
}

function cut(points: Timed[], random: () => number): Timed[][] {
  const pieces: Timed[][] = []
  let current: Timed[] = []
  let lengthMs = pieceMs(random)
  for (const point of points) {
    current.push(point)
    if (point.timeMs - (current[0] as Timed).timeMs < lengthMs) continue
    pieces.push(current)
    current = [point]
    lengthMs = pieceMs(random)
  }
  return [...pieces, current]
}

function pieceMs(random: () => number): number {
  return 1000 * (CUT.minS + random() * (CUT.maxS - CUT.minS))
}

function trimParked(points: Timed[]): Timed[] {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined) return []
  let from = 0
  while (from + 1 < points.length && distanceM(first, points[from + 1] as Timed) <= PARKED_M) from += 1
  let to = points.length - 1
  while (to > from && distanceM(last, points[to - 1] as Timed) <= PARKED_M) to -= 1
  return points.slice(from, to + 1)
}

/** Each point's place on the line it made: within its own segment, and never back. */
function alongOf(points: readonly Timed[], kept: readonly number[], route: Route): TripPoint[] {
  const placed: TripPoint[] = []
  for (let k = 0; k + 1 < kept.length; k++) {
    const [from, to] = [kept[k] as number, kept[k + 1] as number]
    const [startM, endM] = [route.cumM[k] as number, route.cumM[k + 1] as number]
    const start = points[from] as Timed
    const end = points[to] as Timed
    let alongM = startM
    for (let i = from; i < to; i++) {
      alongM = Math.max(alongM, startM + shareOf(start, end, points[i] as Timed) * (endM - startM))
      placed.push({ ...(points[i] as Timed), alongM })
    }
  }
  return [...placed, { ...(points.at(-1) as Timed), alongM: route.lengthM }]
}

function shareOf(start: Timed, end: Timed, point: Timed): number {
  const lngM = Math.cos((start.lat * Math.PI) / 180)
  const [dx, dy] = [(end.lng - start.lng) * lngM, end.lat - start.lat]
  const square = dx * dx + dy * dy
  if (square === 0) return 0
  const share = ((point.lng - start.lng) * lngM * dx + (point.lat - start.lat) * dy) / square
  return Math.min(1, Math.max(0, share))
}

function secondsOf(points: readonly Timed[]): number {
  return ((points.at(-1)?.timeMs ?? 0) - (points[0]?.timeMs ?? 0)) / 1000
}

/** What an order would say its vehicle is, guessed from how fast the file's riders ever move (30 s windows). */
function vehicleOf(tracks: readonly Timed[][]): PaceVehicle {
  const speeds: number[] = []
  for (const points of tracks) {
    let from = 0
    for (let i = 1; i < points.length; i++) {
      const to = points[i] as Timed
      while (from + 1 < i && to.timeMs - (points[from + 1] as Timed).timeMs >= 30_000) from += 1
      const seconds = (to.timeMs - (points[from] as Timed).timeMs) / 1000
      if (seconds >= 15) speeds.push(distanceM(points[from] as Timed, to) / seconds)
    }
  }
  const fastMps = speeds.sort((a, b) => a - b)[Math.floor(speeds.length * 0.98)] ?? 0
  return fastMps < 2.5 ? 'foot' : fastMps < 9 ? 'bicycle' : 'car'
}
