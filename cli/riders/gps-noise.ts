/** What a GPS receiver makes of a place. */

import { destination, type Point } from '../../src/domain/geo'
import type { Random } from './random'

/** 68 % of a round normal scatter lie within this many deviations of one axis: √(−2 ln 0.32). */
const RADIUS_68_PER_SIGMA = 1.5096

/** A place with the accuracy that a phone would claim for it. */
export interface Reading extends Point {
  /** 68 % radius in metres, as phones state it. */
  accuracyM: number
}

/**
 * Scatters `place` by a normal error of `sigmaM` metres on each axis; the stated accuracy is the error's true 68 % radius.
 * Errors of successive readings are independent, which is harsher than a real receiver's slow drift.
 */
export function blur(place: Point, sigmaM: number, random: Random): Reading {
  const north = random.normal() * sigmaM
  const east = random.normal() * sigmaM
  const bearing = ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360
  const { lat, lng } = destination(place, bearing, Math.hypot(north, east))
  return { lat: round(lat, 6), lng: round(lng, 6), accuracyM: round(Math.max(1, RADIUS_68_PER_SIGMA * sigmaM), 1) }
}

/** Rounds as phones do: six decimals of a degree are 11 cm. */
export function round(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}
