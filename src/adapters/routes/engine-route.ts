/** From what an engine said of a route to a `Route`, or to why it cannot be one. */

import { decodePolyline, type LatLng } from '../../domain/polyline'
import type { RouteAnswer, RouteRequest } from '../../ports/routes'
import { UnreadableError } from './json-value'
import { inKm, lengthM, missedPlace } from './reach'

/** All engines are asked for six decimals. */
export const ENGINE_PRECISION = 6

/** What an engine said, in metres and seconds. */
export interface EngineRoute {
  polyline: string
  /** The points of `polyline`. */
  line: readonly LatLng[]
  distanceM: number
  durationS: number
  segmentSeconds?: readonly number[] | undefined
}

/** Reads an engine's line of two points or more. @throws UnreadableError when it is none */
export function parseLine(polyline: string): Pick<EngineRoute, 'polyline' | 'line'> {
  let line: LatLng[]
  try {
    line = decodePolyline(polyline, ENGINE_PRECISION)
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error))
  }
  const [first, second] = line
  if (first === undefined) throw new UnreadableError('the line is empty')
  // A way from a place to itself may come as one point; a step of nothing makes a line of it.
  return second === undefined ? { polyline: `${polyline}??`, line: [first, first] } : { polyline, line }
}

/**
 * Makes the answer. The line must lead where the request asked, and be about as long as the engine says: a mistake of
 * units or of precision shows there.
 * @throws UnreadableError
 */
export function engineAnswer(request: RouteRequest, said: EngineRoute): RouteAnswer {
  const measuredM = lengthM(said.line)
  // First: a line read with the wrong precision lies elsewhere too, but that says nothing of the streets.
  if (Math.abs(measuredM - said.distanceM) > 100 + measuredM / 4) {
    throw new UnreadableError(`the line is ${inKm(measuredM)} long, and said to be ${inKm(said.distanceM)}`)
  }
  const missed = missedPlace(request, said.line)
  if (missed !== undefined) return missed
  const { polyline, distanceM, durationS, segmentSeconds } = said
  const isWhole = segmentSeconds?.length === said.line.length - 1
  return {
    kind: 'route',
    polyline,
    precision: ENGINE_PRECISION,
    distanceM,
    durationS,
    ...(isWhole && { segmentSeconds }),
    source: 'engine',
  }
}
