/**
 * OSRM's HTTP API, version 1 (https://project-osrm.org/docs/v5.24.0/api/, `route` service).
 *
 * A server knows one profile, the one its data was prepared with, and ignores the one in the URL: so each kind of vehicle
 * that shall have its own times needs a server of its own.
 */

import { distanceM, type Point } from '../../domain/geo'
import type { Vehicle } from '../../domain/view'
import type { RouteAnswer, RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'
import { type EngineDialect, engineUrl } from './engine'
import { ENGINE_PRECISION, engineAnswer, parseLine } from './engine-route'
import { parseAmount, parseItems, parseObject, parseText, shortText, UnreadableError } from './json-value'
import { inKm, placesOf, SNAP_RADIUS_M } from './reach'

/** Read by proxies that share one address among servers; the server itself ignores it. */
const PROFILE: Readonly<Record<Vehicle, string>> = {
  foot: 'foot',
  bicycle: 'bike',
  motorbike: 'car',
  car: 'car',
  van: 'car',
}

/** How far the road's direction may be from the heading; phones are wrong by so much. */
const HEADING_RANGE_DEG = 60
/** A line and the waypoints it joins are the same points, but for rounding. */
const SAME_PLACE_M = 50

/** Its refusals; all come with status 400. Codes that are not here are no answer to a request of ours. */
const REFUSALS: Readonly<Record<string, 'off_road' | 'no_way' | 'refused'>> = {
  NoSegment: 'off_road',
  NoRoute: 'no_way',
  TooBig: 'refused',
  InvalidValue: 'refused',
  InvalidOptions: 'refused',
  InvalidQuery: 'refused',
}

export const osrm: EngineDialect = {
  write(base, request, vehicle) {
    const places = placesOf(request)
    const coordinates = places.map(({ lat, lng }) => `${lng.toFixed(6)},${lat.toFixed(6)}`).join(';')
    const url = engineUrl(base, `/route/v1/${PROFILE[vehicle]}/${coordinates}`, [
      ['overview', 'full'],
      ['geometries', `polyline${ENGINE_PRECISION}`],
      ['annotations', 'duration,distance'],
      ['steps', 'false'],
      // Without them any place on Earth is snapped to the nearest street of the map there is.
      ['radiuses', places.map(() => SNAP_RADIUS_M).join(';')],
    ])
    if (request.headingDeg !== undefined) {
      const bearing = `${Math.round(request.headingDeg) % 360},${HEADING_RANGE_DEG}`
      url.searchParams.append('bearings', [bearing, ...places.slice(1).map(() => '')].join(';'))
    }
    // osrm-routed writes an answer in pieces: over a connection that is kept, Nagle's algorithm and delayed
    // acknowledgements add 40 ms. Behind TLS there is a proxy, and a new handshake would cost more.
    return { url, closeAfter: url.protocol === 'http:' }
  },

  read(body, request) {
    const answer = parseObject(body, 'the answer')
    const code = parseText(answer.code, 'code')
    if (code !== 'Ok') {
      const reason = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
      if (reason === undefined) throw new UnreadableError(`code ${code.slice(0, 50)}`)
      return noRoute(reason, `${code}: ${shortText(answer.message)}`)
    }
    return readRoute(answer, request)
  },
}

function readRoute(answer: Record<string, unknown>, request: RouteRequest): RouteAnswer {
  const snapped = parseItems(answer.waypoints, 'waypoints').map(parseWaypoint)
  if (snapped.length !== placesOf(request).length) throw new UnreadableError('waypoints are not those asked for')
  const farthestM = Math.max(...snapped.map(({ offM }) => offM))
  if (farthestM > SNAP_RADIUS_M) return noRoute('off_road', `the nearest street is ${inKm(farthestM)} away`)

  const route = parseObject(parseItems(answer.routes, 'routes')[0], 'routes[0]')
  const { polyline, line } = parseLine(parseText(route.geometry, 'geometry'))
  for (const [end, waypoint] of [
    [line[0], snapped[0]],
    [line.at(-1), snapped.at(-1)],
  ] as const) {
    const apartM = end && waypoint ? distanceM(end, waypoint.at) : Infinity
    if (apartM > SAME_PLACE_M) throw new UnreadableError(`the line ends ${inKm(apartM)} from its own waypoint`)
  }
  return engineAnswer(request, {
    polyline,
    line,
    distanceM: parseAmount(route.distance, 'distance'),
    durationS: parseAmount(route.duration, 'duration'),
    segmentSeconds: parseDurations(route.legs),
  })
}

function parseWaypoint(value: unknown, index: number): { at: Point; offM: number } {
  const name = `waypoints[${index}]`
  const waypoint = parseObject(value, name)
  const [lng, lat] = parseItems(waypoint.location, `${name}.location`)
  if (typeof lng !== 'number' || typeof lat !== 'number') throw new UnreadableError(`${name}.location is no place`)
  return { at: { lat, lng }, offM: parseAmount(waypoint.distance, `${name}.distance`) }
}

/** The seconds of all legs' segments, one after the other; undefined when a leg has none. */
function parseDurations(legs: unknown): number[] | undefined {
  if (!Array.isArray(legs)) return undefined
  const seconds: number[] = []
  for (const leg of legs as unknown[]) {
    const annotation = parseObject(leg, 'legs[]').annotation
    if (annotation === undefined) return undefined
    const durations = parseObject(annotation, 'annotation').duration
    if (!Array.isArray(durations)) return undefined
    for (const duration of durations as unknown[]) seconds.push(parseAmount(duration, 'annotation.duration[]'))
  }
  return seconds
}
