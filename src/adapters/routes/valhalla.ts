/** Valhalla's `route` action (https://valhalla.github.io/valhalla/api/turn-by-turn/api-reference/). */

import { encodePolyline, type LatLng } from '../../domain/polyline'
import type { Vehicle } from '../../domain/view'
import type { RouteAnswer, RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'
import { type EngineDialect, engineUrl } from './engine'
import { ENGINE_PRECISION, engineAnswer, parseLine } from './engine-route'
import { parseAmount, parseItems, parseObject, parseText, shortText, UnreadableError } from './json-value'
import { placesOf, SNAP_RADIUS_M } from './reach'
import { type Stretch, spreadSeconds } from './spread-seconds'

/** A delivery motorbike is a scooter: it takes no motorway, and alleys that a car does not. */
const COSTING: Readonly<Record<Vehicle, string>> = {
  foot: 'pedestrian',
  bicycle: 'bicycle',
  motorbike: 'motor_scooter',
  car: 'auto',
  van: 'auto',
}

const METRES: Readonly<Record<string, number>> = { kilometers: 1000, miles: 1609.344 }

/** Its `error_code`s for what there is no route for; all others of status 400 are about the request itself. */
const NO_WAY = new Set([170, 442])
const OFF_ROAD = new Set([171])

export const valhalla: EngineDialect = {
  write(base, request, vehicle) {
    const locations = placesOf(request).map(({ lat, lng }, index) => ({
      lat,
      lon: lng,
      // Its own limit is 35 km.
      search_cutoff: SNAP_RADIUS_M,
      ...(index === 0 && request.headingDeg !== undefined && { heading: Math.round(request.headingDeg) % 360 }),
    }))
    // Manoeuvres are the finest times it tells; their narrative is not asked for.
    const asked = { locations, costing: COSTING[vehicle], units: 'kilometers', directions_type: 'maneuvers' }
    return { url: engineUrl(base, '/route'), method: 'POST', body: JSON.stringify(asked) }
  },

  read(body, request) {
    const answer = parseObject(body, 'the answer')
    if (answer.trip === undefined) return readRefusal(answer)
    return readTrip(parseObject(answer.trip, 'trip'), request)
  },
}

function readRefusal(answer: Record<string, unknown>): RouteAnswer {
  const code = parseAmount(answer.error_code, 'error_code')
  const detail = `${code}: ${shortText(answer.error)}`
  if (OFF_ROAD.has(code)) return noRoute('off_road', detail)
  return noRoute(NO_WAY.has(code) ? 'no_way' : 'refused', detail)
}

function readTrip(trip: Record<string, unknown>, request: RouteRequest): RouteAnswer {
  if (trip.status !== 0) throw new UnreadableError(`trip.status is ${shortText(JSON.stringify(trip.status))}`)
  const metres = METRES[parseText(trip.units, 'trip.units')]
  if (metres === undefined) throw new UnreadableError('trip.units are neither kilometers nor miles')
  const summary = parseObject(trip.summary, 'trip.summary')
  const line: LatLng[] = []
  const stretches: Stretch[] = []
  for (const leg of parseItems(trip.legs, 'trip.legs')) appendLeg(parseObject(leg, 'trip.legs[]'), line, stretches)
  return engineAnswer(request, {
    polyline: encodePolyline(line, ENGINE_PRECISION),
    line,
    distanceM: parseAmount(summary.length, 'summary.length') * metres,
    durationS: parseAmount(summary.time, 'summary.time'),
    segmentSeconds: spreadSeconds(line, stretches),
  })
}

/** Legs share the point between them: the second's first is left out, and its manoeuvres count from there. */
function appendLeg(leg: Record<string, unknown>, line: LatLng[], stretches: Stretch[]): void {
  const points = parseLine(parseText(leg.shape, 'shape')).line
  const offset = Math.max(0, line.length - 1)
  line.push(...(line.length === 0 ? points : points.slice(1)))
  if (!Array.isArray(leg.maneuvers)) return
  for (const value of leg.maneuvers as unknown[]) {
    const manoeuvre = parseObject(value, 'maneuvers[]')
    stretches.push({
      fromIndex: offset + parseAmount(manoeuvre.begin_shape_index, 'begin_shape_index'),
      toIndex: offset + parseAmount(manoeuvre.end_shape_index, 'end_shape_index'),
      seconds: parseAmount(manoeuvre.time, 'maneuvers[].time'),
    })
  }
}
