/** The order's own line first: who made the order may know the way better than any engine. */

import { decodePolyline, type LatLng } from '../../domain/polyline'
import type { EncodedLine, RouteAnswer, RouteProvider, RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'
import { lengthM, missedPlace, refusal } from './reach'

/**
 * The order's own line as a route: no streets asked, and no time told.
 *
 * `refused` when the request has no line or one that cannot be read; `off_road` when it leads elsewhere.
 */
export function callerRoute(request: RouteRequest): RouteAnswer {
  const { line: encoded } = request
  if (encoded === undefined) return noRoute('refused', 'the order came with no line')
  const refused = refusal(request)
  if (refused !== undefined) return refused
  const line = readLine(encoded)
  if (line === undefined) return noRoute('refused', 'the order’s line cannot be read')
  const missed = missedPlace(request, line)
  if (missed !== undefined) return missed
  const { polyline, precision } = encoded
  return { kind: 'route', polyline, precision, distanceM: lengthM(line), source: 'caller' }
}

/** Answers by the order's own line where that leads there, and asks `next` where not. */
export function withCallerLine(next: RouteProvider): RouteProvider {
  return {
    async route(request, signal) {
      const own = callerRoute(request)
      return own.kind === 'route' ? own : next.route(request, signal)
    },
    close: () => next.close(),
  }
}

function readLine({ polyline, precision }: EncodedLine): LatLng[] | undefined {
  try {
    const line = decodePolyline(polyline, precision)
    return line.length < 2 ? undefined : line
  } catch {
    return undefined
  }
}
