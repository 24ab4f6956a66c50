/** A rider's way to a drop for tests, in metres around one place: what the trip says of it, fix by fix. */

import type { Order, OrderInput } from '../../src/domain/order'
import type { FinishedTrip } from '../../src/domain/pace'
import { planOf } from '../../src/domain/plan'
import { encodePolyline } from '../../src/domain/polyline'
import type { RouteInput } from '../../src/domain/route'
import type { Place } from '../../src/domain/track'
import {
  advanceTrip,
  type Knowledge,
  NO_KNOWLEDGE,
  type RouteRequest,
  type Trip,
  takeRoute,
} from '../../src/domain/trip'
import { type Metres, place, readingsAlong, START_MS, standing } from '../domain/generated-ride'
import { orderInHand } from './rider'

/** A line as callers and engines write it. */
export function lineThrough(...points: Metres[]): { polyline: string; precision: number } {
  return { polyline: encodePolyline(points.map(place), 6), precision: 6 }
}

/** An order in hand whose drop is there. */
export function orderTo(drop: Metres, input: OrderInput = {}, more: Partial<Order> = {}): Order {
  return { ...orderInHand({ drop: place(drop), vehicle: 'motorbike', ...input }), ...more }
}

export const WITH_ENGINE: Knowledge = { ...NO_KNOWLEDGE, hasEngine: true }

/** One trip that is told one place after the other, as the fold does. */
export class Way {
  trip: Trip | undefined
  readonly requests: RouteRequest[] = []
  readonly finished: FinishedTrip[] = []
  nowMs = START_MS
  /** How long after it was made a fix comes. */
  delayMs = 200
  last: Place | undefined

  constructor(
    public order: Order,
    public known: Knowledge = NO_KNOWLEDGE,
  ) {}

  /** Rides along a line of metres. */
  ride(line: Metres[], mps = 8, everyS = 5): this {
    return this.#take(readingsAlong(line, mps, everyS, this.nowMs + everyS * 1_000), everyS)
  }

  stand(at: Metres, seconds: number, everyS = 5): this {
    return this.#take(standing(at, seconds, this.nowMs + everyS * 1_000, everyS), everyS)
  }

  /** An engine answers the last request. @returns whether it was of use */
  answer(line: RouteInput, planKey = planOf(this.order)?.key ?? ''): boolean {
    const { trip, last } = this
    if (trip === undefined || last === undefined) throw new Error('nobody went anywhere yet')
    this.trip = takeRoute(trip, planKey, line, this.order, last, this.known)
    return this.trip !== trip
  }

  get now(): Trip {
    if (this.trip === undefined) throw new Error('there is no trip')
    return this.trip
  }

  /** Seconds until the shown arrival. */
  get shownS(): number {
    return (this.now.shown.arrivalMs - this.nowMs) / 1000
  }

  #take(readings: { lat: number; lng: number; timeMs: number; accuracyM?: number }[], everyS: number): this {
    for (const { accuracyM = 8, ...reading } of readings) {
      const base = { at: 1, deviceTimeMs: reading.timeMs, receivedMs: reading.timeMs + this.delayMs }
      this.last = { ...base, ...reading, accuracyM }
      const step = advanceTrip(this.trip, this.order, this.last, this.known)
      this.trip = step?.trip
      if (step?.request !== undefined) this.requests.push(step.request)
      if (step?.finished !== undefined) this.finished.push(step.finished)
    }
    this.nowMs += readings.length * everyS * 1_000
    return this
  }
}
