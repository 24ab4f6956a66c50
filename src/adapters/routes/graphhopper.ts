/** GraphHopper's routing API (https://docs.graphhopper.com/#tag/Routing-API), hosted or one's own. */

import type { Vehicle } from '../../domain/view'
import type { NoRoute, RouteAnswer, RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'
import { type EngineDialect, engineUrl } from './engine'
import { ENGINE_PRECISION, engineAnswer, parseLine } from './engine-route'
import { parseAmount, parseItems, parseObject, parseText, shortText, UnreadableError } from './json-value'
import { placesOf } from './reach'
import { type Stretch, spreadSeconds } from './spread-seconds'

/** Profiles that the hosted service and the example configuration both have. */
const PROFILE: Readonly<Record<Vehicle, string>> = {
  foot: 'foot',
  bicycle: 'bike',
  motorbike: 'car',
  car: 'car',
  van: 'car',
}

/** The class names at the end of a hint's `details`. */
const REASONS: readonly (readonly [ending: string, reason: NoRoute['reason']])[] = [
  ['PointNotFoundException', 'off_road'],
  ['PointOutOfBoundsException', 'off_road'],
  ['ConnectionNotFoundException', 'no_way'],
]

/** @param key the hosted service's API key; it can only be sent in the URL */
export function graphhopper(key?: string): EngineDialect {
  return {
    write(base, request, vehicle) {
      const url = engineUrl(base, '/route', [
        ...placesOf(request).map(({ lat, lng }) => ['point', `${lat.toFixed(6)},${lng.toFixed(6)}`] as const),
        ['profile', PROFILE[vehicle]],
        ['points_encoded', 'true'],
        ['points_encoded_multiplier', String(10 ** ENGINE_PRECISION)],
        ['elevation', 'false'],
        ['instructions', 'false'],
        ['details', 'time'],
      ])
      if (request.headingDeg !== undefined) {
        url.searchParams.append('heading', String(Math.round(request.headingDeg) % 360))
        // Headings are not part of the prepared shortcuts ("contraction hierarchies").
        url.searchParams.append('ch.disable', 'true')
      }
      if (key !== undefined) url.searchParams.append('key', key)
      return { url }
    },

    read(body, request) {
      const answer = parseObject(body, 'the answer')
      if (answer.paths === undefined) return readRefusal(answer)
      return readPath(parseObject(parseItems(answer.paths, 'paths')[0], 'paths[0]'), request)
    },
  }
}

function readRefusal(answer: Record<string, unknown>): RouteAnswer {
  const detail = shortText(parseText(answer.message, 'message'))
  const hints = Array.isArray(answer.hints) ? (answer.hints as unknown[]) : []
  const classes = hints.map((hint) => shortText(parseObject(hint, 'hints[]').details))
  const found = REASONS.find(([ending]) => classes.some((name) => name.endsWith(ending)))
  return noRoute(found?.[1] ?? 'refused', detail)
}

function readPath(path: Record<string, unknown>, request: RouteRequest): RouteAnswer {
  if (path.points_encoded !== true) throw new UnreadableError('points are not encoded')
  // Servers before 4.0 do not know the multiplier and write five decimals: read as six, those lie elsewhere.
  const multiplier = path.points_encoded_multiplier
  if (multiplier !== undefined && multiplier !== 10 ** ENGINE_PRECISION) {
    throw new UnreadableError('points are encoded with another multiplier')
  }
  const { polyline, line } = parseLine(parseText(path.points, 'points'))
  return engineAnswer(request, {
    polyline,
    line,
    distanceM: parseAmount(path.distance, 'distance'),
    durationS: parseAmount(path.time, 'time') / 1000,
    segmentSeconds: spreadSeconds(line, parseTimes(path.details)),
  })
}

/** `details.time`: `[from, to, milliseconds]`, by the indexes of points. */
function parseTimes(details: unknown): Stretch[] {
  if (details === undefined) return []
  const { time } = parseObject(details, 'details')
  if (!Array.isArray(time)) return []
  return (time as unknown[]).map((value) => {
    const [from, to, milliseconds] = parseItems(value, 'details.time[]')
    return {
      fromIndex: parseAmount(from, 'details.time[][0]'),
      toIndex: parseAmount(to, 'details.time[][1]'),
      seconds: parseAmount(milliseconds, 'details.time[][2]') / 1000,
    }
  })
}
