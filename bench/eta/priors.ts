/** Which prior a trip is judged with: what its operator could have known before it began. */

import { type FinishedTrip, learnedPrior, learnTrip, NO_PACE, type PaceTable } from '../../src/domain/pace'
import { hourOfWeek, type Prior, tablePrior } from '../../src/domain/timetable'
import type { Trip } from './trips'

export type Variant = 'learned' | 'generic'
/** What is held out when the pace for a trip is learned: the trip alone, or all pieces of its recording. */
export type HoldOut = 'recording' | 'trip'

/** The prior of each trip; a learned one falls back to the vehicle's table where nothing else of its kind was ridden. */
export function priorsOf(trips: readonly Trip[], variant: Variant, holdOut: HoldOut): Map<string, Prior> {
  const priors = new Map<string, Prior>()
  for (const trip of trips) {
    const hour = hourOf(trip)
    if (variant === 'generic') {
      priors.set(trip.id, tablePrior('unknown', hour, trip.route.lengthM))
      continue
    }
    const others = trips.filter((other) =>
      holdOut === 'trip' ? other.id !== trip.id : other.recording !== trip.recording,
    )
    const table = historyOf(others).get(groupOf(trip)) ?? NO_PACE
    priors.set(
      trip.id,
      learnedPrior(table, trip.route, trip.vehicle, hour) ?? tablePrior(trip.vehicle, hour, trip.route.lengthM),
    )
  }
  return priors
}

function historyOf(trips: readonly Trip[]): Map<string, PaceTable> {
  const tables = new Map<string, PaceTable>()
  for (const trip of trips) {
    const group = groupOf(trip)
    tables.set(group, learnTrip(tables.get(group) ?? NO_PACE, finished(trip)))
  }
  return tables
}

/** A fleet is a file of many recordings; single recordings share what their vehicle's kind teaches. */
function groupOf(trip: Trip): string {
  return trip.isPiece ? trip.vehicle : trip.recording.replace(/#\d+$/, '')
}

function finished(trip: Trip): FinishedTrip {
  const marks = trip.points.filter(({ timeMs }) => timeMs <= trip.arrivalMs)
  return { vehicle: trip.vehicle, hour: hourOf(trip), route: trip.route, marks }
}

function hourOf(trip: Trip): number {
  const first = trip.points[0]
  return first === undefined ? 0 : hourOfWeek(first.timeMs, first.lng)
}
