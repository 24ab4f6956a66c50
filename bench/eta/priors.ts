/** Which prior a trip is judged with: what its operator could have known before it began. */

import { finishedTrip } from '../../src/domain/finished-trip'
import { type FinishedTrip, learnedPrior, learnTrip, NO_PACE } from '../../src/domain/pace'
import { hourOfWeek, type Prior, tablePrior } from '../../src/domain/timetable'
import type { Trip } from './trips'

export type Variant = 'learned' | 'generic'
/** What is held out when the pace for a trip is learned: the trip alone, or all pieces of its recording. */
export type HoldOut = 'recording' | 'trip'

/** The prior of each trip; a learned one falls back to the vehicle's table where nothing else of its kind was ridden. */
export function priorsOf(trips: readonly Trip[], variant: Variant, holdOut: HoldOut): Map<string, Prior> {
  const priors = new Map<string, Prior>()
  const finished = new Map(trips.map((trip) => [trip.id, finish(trip)]))
  for (const trip of trips) {
    const first = trip.points[0]
    const hour = first === undefined ? 0 : hourOfWeek(first.timeMs, first.lng)
    if (variant === 'generic') {
      priors.set(trip.id, tablePrior('unknown', hour, trip.route.lengthM))
      continue
    }
    let history = NO_PACE
    for (const other of trips) {
      const isHeldOut = holdOut === 'trip' ? other.id === trip.id : other.recording === trip.recording
      const past = finished.get(other.id)
      if (!isHeldOut && past !== undefined && groupOf(other) === groupOf(trip)) history = learnTrip(history, past)
    }
    const learned = learnedPrior(history, trip.route, trip.vehicle, hour)
    priors.set(trip.id, learned ?? tablePrior(trip.vehicle, hour, trip.route.lengthM))
  }
  return priors
}

/** A fleet is a file of many recordings; single recordings share what their vehicle's kind teaches. */
function groupOf(trip: Trip): string {
  return trip.isPiece ? trip.vehicle : trip.recording.replace(/#\d+$/, '')
}

/** As the owner of an order would have it at its end: out of the recorded places, not of the true ones. */
function finish({ route, vehicle, points, arrivalMs }: Trip): FinishedTrip | undefined {
  const trail = points.filter(({ timeMs }) => timeMs <= arrivalMs)
  return finishedTrip(
    route,
    vehicle,
    trail.map(({ lat, lng, timeMs }) => ({ lat, lng, timeMs })),
  )
}
