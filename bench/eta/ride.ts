/** A trip's readings through the tracker's own gates and onto its route. */

import { fold } from '../../src/domain/fold'
import type { LocationRecord } from '../../src/domain/location-record'
import { createOrder, type Order } from '../../src/domain/order'
import { advance, type Progress } from '../../src/domain/progress'
import { emptyTrack } from '../../src/domain/track'
import type { Delivered } from './feed'
import type { Trip } from './trips'

/** What the tracker knew when a reading had been folded. */
export interface RideStep {
  progress: Progress
  truthM: number
  accuracyM: number | undefined
  /** The newest of those that came at once: what a viewer would be shown. */
  isShown: boolean
}

export interface Ride {
  trip: Trip
  steps: RideStep[]
  refused: number
}

/** Folds the readings as the owner of an order would. */
export function ride(trip: Trip, delivered: readonly Delivered[]): Ride {
  const order: Order = { ...createOrder('trip', {}, 1), status: 'picked_up', assignment: 1, partner_id: 'rider' }
  let track = emptyTrack(order.id)
  let progress: Progress | undefined
  const steps: RideStep[] = []
  let refused = 0
  for (const [at, reading] of delivered.entries()) {
    const folded = fold(track, order, recordOf(reading), at)
    track = folded.track
    const place = track.last
    if (folded.kind !== 'position' || place === undefined) {
      refused += 1
      continue
    }
    progress = advance(progress, trip.route, place)
    const isShown = delivered[at + 1]?.receivedMs !== reading.receivedMs
    steps.push({ progress, truthM: reading.truthM, accuracyM: reading.accuracyM, isShown })
  }
  return { trip, steps, refused }
}

function recordOf(reading: Delivered): LocationRecord {
  const record: LocationRecord = {
    partner_id: 'rider',
    order_id: 'trip',
    lat: reading.lat,
    lng: reading.lng,
    timestamp: Math.floor(reading.timeMs / 1000),
    device_time_ms: reading.timeMs,
    fix_time_ms: reading.timeMs,
    received_ms: reading.receivedMs,
    assignment: 1,
  }
  return reading.accuracyM === undefined ? record : { ...record, accuracy_m: reading.accuracyM }
}
