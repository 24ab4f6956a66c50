/** A rider's phone: what it reads of the sky, and what it keeps while there is no network. */

import { destination } from '../../src/domain/geo'
import { round } from '../riders/gps-noise'
import type { Random } from '../riders/random'
import type { RidePlace } from '../riders/ride'

/** A fix as `POST /location` takes it. */
export interface WireFix {
  id: string
  lat: number
  lng: number
  fix_time_ms: number
  accuracy_m: number
  speed_mps: number
  heading_deg: number
}

/** Error on each axis, 1 sigma, in metres: a phone under an open sky. */
const SIGMA_M = 2.5
/** How much of an error is still there a fix later: a receiver drifts, it does not jump about. */
const PERSISTENCE = 0.9
/** The most fixes of one request. */
const MAX_BATCH = 200

export class Phone {
  readonly #name: string
  readonly #random: Random
  #north = 0
  #east = 0
  #count = 0
  #kept: WireFix[] = []

  /** @param name part of each fix's id, so that no two phones make the same */
  constructor(name: string, random: Random) {
    this.#name = name
    this.#random = random
  }

  /** Reads the position at `nowMs`. `speedMps` is the real one, when the ride runs at another pace than the clock. */
  read(place: RidePlace, speedMps: number, nowMs: number): WireFix {
    const fresh = SIGMA_M * Math.sqrt(1 - PERSISTENCE ** 2)
    this.#north = PERSISTENCE * this.#north + fresh * this.#random.normal()
    this.#east = PERSISTENCE * this.#east + fresh * this.#random.normal()
    const north = destination(place, 0, this.#north)
    const { lat, lng } = destination(north, 90, this.#east)
    this.#count += 1
    return {
      id: `${this.#name}-${this.#count}`,
      lat: round(lat, 6),
      lng: round(lng, 6),
      fix_time_ms: Math.round(nowMs),
      accuracy_m: round(4 + Math.hypot(this.#north, this.#east) / 2, 1),
      speed_mps: round(speedMps, 1),
      heading_deg: Math.round(place.headingDeg) % 360,
    }
  }

  /** Takes a fix into the phone's memory; the oldest go when it holds more than one request may carry. */
  keep(fix: WireFix): void {
    this.#kept.push(fix)
    if (this.#kept.length > MAX_BATCH) this.#kept.splice(0, this.#kept.length - MAX_BATCH)
  }

  /** All that is in memory, oldest first, which is empty then; `keep` them again when they do not arrive. */
  takeKept(): WireFix[] {
    return this.#kept.splice(0)
  }
}
