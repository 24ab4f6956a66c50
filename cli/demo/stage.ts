/** What the demo's stories are played on: the server, its clock and its pace. */

import type { Backend } from '../riders/backend'
import { createRandom } from '../riders/random'
import type { Ride, RidePlace } from '../riders/ride'
import { Phone, type WireFix } from './phone'

/** Thrown wherever a story waits when the demo ends. */
export class CurtainError extends Error {
  override readonly name = 'CurtainError'
}

/** How a story tells the audience something. */
export interface Announcer {
  /** A link that works from now until 30 minutes after the order's end. */
  link(orderId: string, sees: string): Promise<void>
  /** An order has come to its end. */
  ended(orderId: string): void
}

export interface StageOptions {
  url: string
  backend: Backend
  announcer: Announcer
  /** A rider's token. */
  riderToken(partnerId: string): Promise<string>
  /** How many seconds of a ride pass in one. */
  pace: number
  seed: number
  signal: AbortSignal
  /** Hears of fixes that did not arrive; they are sent again with the next. */
  onTrouble(message: string): void
}

/** Between a rider's fixes. */
const FIX_EVERY_MS = 1_000

export class Stage {
  readonly backend: Backend
  readonly announcer: Announcer
  readonly pace: number
  readonly #options: StageOptions

  constructor(options: StageOptions) {
    this.#options = options
    this.backend = options.backend
    this.announcer = options.announcer
    this.pace = options.pace
  }

  /** Waits. @throws CurtainError when the demo ends */
  pause(ms: number): Promise<void> {
    const { signal } = this.#options
    return new Promise((resolve, reject) => {
      const fall = () => {
        clearTimeout(timer)
        reject(new CurtainError('the demo has ended'))
      }
      if (signal.aborted) return reject(new CurtainError('the demo has ended'))
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', fall)
        resolve()
      }, ms)
      signal.addEventListener('abort', fall, { once: true })
    })
  }

  /** A rider with a phone in the pocket. */
  async rider(partnerId: string): Promise<DemoRider> {
    const { url, seed, signal, onTrouble } = this.#options
    const token = await this.#options.riderToken(partnerId)
    const phone = new Phone(partnerId, createRandom(seed, partnerId))
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    async function send(fixes: WireFix[]): Promise<void> {
      try {
        const body = JSON.stringify(fixes.length === 1 ? fixes[0] : fixes)
        const response = await fetch(`${url}/location`, { method: 'POST', headers, body, signal })
        const text = await response.text()
        if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`)
      } catch (error) {
        if (signal.aborted) return
        for (const fix of fixes) phone.keep(fix)
        onTrouble(`${partnerId}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return new DemoRider(this, phone, send)
  }
}

/** From where to where a ride is ridden, and where the phone has no network; metres along the ride. */
export interface RideSpan {
  fromM?: number
  toM?: number
  silent?: { from_m: number; to_m: number } | undefined
}

/** A rider of the demo: moves, and sends what its phone reads. */
export class DemoRider {
  readonly #stage: Stage
  readonly #phone: Phone
  readonly #send: (fixes: WireFix[]) => Promise<void>

  constructor(stage: Stage, phone: Phone, send: (fixes: WireFix[]) => Promise<void>) {
    this.#stage = stage
    this.#phone = phone
    this.#send = send
  }

  /** Rides; resolves on arrival. */
  async follow(ride: Ride, { fromM = 0, toM = ride.lengthM, silent }: RideSpan = {}): Promise<void> {
    const startMs = performance.now()
    const elapsedAtStartMs = ride.whenAt(fromM)
    const elapsedAtEndMs = toM >= ride.lengthM ? ride.durationMs : ride.whenAt(toM)
    for (;;) {
      const elapsedMs = elapsedAtStartMs + (performance.now() - startMs) * this.#stage.pace
      const place = ride.at(Math.min(elapsedMs, elapsedAtEndMs))
      const isSilent = silent !== undefined && place.alongM >= silent.from_m && place.alongM < silent.to_m
      await this.#fix(place, place.speedMps * this.#stage.pace, isSilent)
      if (elapsedMs >= elapsedAtEndMs) return
    }
  }

  /** Stands at a place, in real time. */
  async stand(place: RidePlace, ms: number): Promise<void> {
    const untilMs = performance.now() + ms
    while (performance.now() < untilMs) await this.#fix(place, 0, false)
  }

  /** One fix, and the time until the next. The answer is not waited for: a phone goes on reading. */
  async #fix(place: RidePlace, speedMps: number, isSilent: boolean): Promise<void> {
    this.#phone.keep(this.#phone.read(place, speedMps, Date.now()))
    if (!isSilent) void this.#send(this.#phone.takeKept())
    await this.#stage.pause(FIX_EVERY_MS)
  }
}
