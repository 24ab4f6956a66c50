/** How long each metre of a route should take before the rider has shown anything: the ETA's prior. */

import { type Route, segmentAt } from './route'
import type { Vehicle } from './view'

/** What is thought of a trip's pace at its start; plain JSON, so a track keeps it and a replay sees the same. */
export interface Prior {
  source: 'engine' | 'learned' | 'table'
  /** Seconds per metre, where `segmentS` does not say. */
  paceSpm: number
  /** Seconds of each segment of the route. */
  segmentS?: readonly number[]
  /** How much trips differ from it, the mean of |ln(took / foretold)|. */
  spread: number
  /** How much chance adds on the way, seconds per root of a second. */
  roughness: number
}

/** A prior laid along a route; made again at will. */
export interface Timetable {
  readonly source: Prior['source']
  readonly spread: number
  readonly roughness: number
  /** Expected seconds from the start to each point. */
  readonly cumS: Float64Array
}

/** What an order's vehicle is called when nobody said it. */
export type PaceVehicle = Vehicle | 'unknown'

/** Door to door in a city, stops at lights included, km/h: off-peak and in the rush of working days. Starting values. */
const TABLE_KMH: Record<PaceVehicle, { calm: number; rush: number }> = {
  foot: { calm: 4.8, rush: 4.8 },
  bicycle: { calm: 15, rush: 15 },
  motorbike: { calm: 22, rush: 17 },
  car: { calm: 24, rush: 18 },
  van: { calm: 22, rush: 17 },
  unknown: { calm: 20, rush: 20 },
}

/** What trips differ by from a guess and from an engine's profile; learned pace knows its own. */
const SPREAD = { table: 0.45, engine: 0.25 } as const
const ROUGHNESS = 3

/** Longer ways are faster ones, since they find faster roads: the pace falls with the length to this power… */
const LENGTH_EXPONENT = 0.15
/** …around this length, and no further than these factors. */
const LENGTH = { usualM: 4_000, least: 0.65, most: 1.35 } as const

/** How much slower (above 1) or faster than usual a way of `lengthM` is ridden on average. */
export function lengthFactor(lengthM: number): number {
  const factor = (Math.max(1, lengthM) / LENGTH.usualM) ** -LENGTH_EXPONENT
  return Math.min(LENGTH.most, Math.max(LENGTH.least, factor))
}

/** Monday 00:00 is 0, Sunday 23:00 is 167. */
export type HourOfWeek = number

/**
 * The hour of the week at a place, by the sun: 15° of longitude are an hour. Within an hour of most clocks, which is
 * enough to tell a rush, and needs no table of time zones.
 */
export function hourOfWeek(timeMs: number, lng: number): HourOfWeek {
  const hours = Math.floor(timeMs / 3_600_000) + Math.round(lng / 15)
  // The epoch was a Thursday.
  return (((hours + 3 * 24) % 168) + 168) % 168
}

/** The pace of a vehicle at an hour of the week on a way of `lengthM`, with nothing else known. */
export function tablePrior(vehicle: PaceVehicle, hour: HourOfWeek, lengthM: number): Prior {
  const { calm, rush } = TABLE_KMH[vehicle]
  const factor = vehicle === 'foot' ? 1 : lengthFactor(lengthM)
  return {
    source: 'table',
    paceSpm: (factor * 3.6) / (isRush(hour) ? rush : calm),
    spread: SPREAD.table,
    roughness: ROUGHNESS,
  }
}

/** The engine's own seconds, when the route came with them. */
export function enginePrior(route: Route): Prior | undefined {
  const { segmentS, lengthM } = route
  if (segmentS === undefined || lengthM <= 0) return undefined
  const totalS = segmentS.reduce((sum, seconds) => sum + seconds, 0)
  return totalS > 0
    ? { source: 'engine', paceSpm: totalS / lengthM, segmentS, spread: SPREAD.engine, roughness: ROUGHNESS }
    : undefined
}

/** @throws RangeError when the prior's segments are not the route's */
export function layTimetable(route: Route, prior: Prior): Timetable {
  const { cumM } = route
  const { segmentS, paceSpm } = prior
  if (segmentS !== undefined && segmentS.length !== cumM.length - 1) {
    throw new RangeError(`a prior of ${segmentS.length} segments is not for a route of ${cumM.length - 1}`)
  }
  const cumS = new Float64Array(cumM.length)
  for (let i = 1; i < cumM.length; i++) {
    const stepS = segmentS?.[i - 1] ?? paceSpm * ((cumM[i] as number) - (cumM[i - 1] as number))
    cumS[i] = (cumS[i - 1] as number) + stepS
  }
  return { source: prior.source, spread: prior.spread, roughness: prior.roughness, cumS }
}

/** Expected seconds from the start to `alongM`. */
export function secondsTo(route: Route, { cumS }: Timetable, alongM: number): number {
  const i = segmentAt(route, alongM)
  const startM = route.cumM[i] as number
  const segmentM = (route.cumM[i + 1] as number) - startM
  const share = segmentM > 0 ? Math.min(1, Math.max(0, (alongM - startM) / segmentM)) : 1
  return (cumS[i] as number) + share * ((cumS[i + 1] as number) - (cumS[i] as number))
}

function isRush(hour: HourOfWeek): boolean {
  const ofDay = hour % 24
  return hour < 5 * 24 && ((ofDay >= 7 && ofDay < 10) || (ofDay >= 16 && ofDay < 19))
}
