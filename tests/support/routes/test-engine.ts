/** A local HTTP server in the place of an engine. */

import { distanceM, type Point } from '../../../src/domain/geo.ts'
import { encodePolyline } from '../../../src/domain/polyline.ts'
import { answerOsrm, type OsrmLeg } from '../../services/osrm-http.ts'
import { isInTown, townWay } from './world.ts'

export interface TestEngine {
  url: string
  /** What was asked, oldest first. */
  requests: { method: string; url: URL; body: string; headers: Headers }[]
  /** How the next requests are answered. */
  answer: (request: { url: URL; body: string; signal: AbortSignal }) => Response | Promise<Response>
  close(): Promise<void>
}

/** Starts a server that answers by `answer`, which a test may replace. */
export function startTestEngine(answer: TestEngine['answer']): TestEngine {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const asked = { method: request.method, url: new URL(request.url), body: await request.text() }
      engine.requests.push({ ...asked, headers: request.headers })
      return engine.answer({ ...asked, signal: request.signal })
    },
  })
  const engine: TestEngine = {
    url: `http://127.0.0.1:${server.port}`,
    requests: [],
    answer,
    close: () => server.stop(true),
  }
  return engine
}

/** OSRM in the town. */
export function osrmAnswer({ url }: { url: URL }): Promise<Response> {
  return answerOsrm(url, ({ places }) => {
    const outside = places.findIndex((place) => !isInTown(place))
    return outside < 0 ? townWay(places) : { noSegment: outside }
  })
}

/** Valhalla in the town, in the words of its API reference. */
export function valhallaAnswer({ body }: { body: string }): Response {
  const asked = JSON.parse(body) as { locations: { lat: number; lon: number }[] }
  const places = asked.locations.map(({ lat, lon }) => ({ lat, lng: lon }))
  if (!places.every(isInTown)) {
    const refusal = {
      error_code: 171,
      error: 'No suitable edges near location',
      status_code: 400,
      status: 'Bad Request',
    }
    return Response.json(refusal, { status: 400 })
  }
  const legs = townWay(places).map((leg) => ({
    summary: { length: kilometres(leg), time: totalS(leg) },
    shape: encodePolyline(leg.line, 6),
    maneuvers: [
      { type: 1, time: (leg.seconds[0] ?? 0) + (leg.seconds[1] ?? 0), begin_shape_index: 0, end_shape_index: 2 },
      { type: 10, time: leg.seconds[2], begin_shape_index: 2, end_shape_index: 3 },
      { type: 4, time: 0, begin_shape_index: 3, end_shape_index: 3 },
    ],
  }))
  const summary = {
    length: legs.reduce((sum, leg) => sum + leg.summary.length, 0),
    time: legs.reduce((sum, leg) => sum + leg.summary.time, 0),
  }
  return Response.json({
    trip: { locations: asked.locations, legs, summary, status: 0, units: 'kilometers', language: 'en-US' },
  })
}

/** GraphHopper in the town, in the words of its API documentation. */
export function graphhopperAnswer({ url }: { url: URL }): Response {
  const places = url.searchParams.getAll('point').map((text) => {
    const [lat = Number.NaN, lng = Number.NaN] = text.split(',').map(Number)
    return { lat, lng }
  })
  const outside = places.findIndex((place) => !isInTown(place))
  if (outside >= 0) {
    const message = `Cannot find point ${outside}: ${places[outside]?.lat},${places[outside]?.lng}`
    const details = 'com.graphhopper.util.exceptions.PointNotFoundException'
    return Response.json({ message, hints: [{ message, details, point_index: outside }] }, { status: 400 })
  }
  const legs = townWay(places)
  const line = legs.flatMap((leg, index) => (index === 0 ? leg.line : leg.line.slice(1)))
  const times = legs.flatMap(({ seconds }) => seconds).map((seconds) => Math.round(seconds * 1000))
  const path = {
    distance: legs.reduce((sum, leg) => sum + kilometres(leg), 0) * 1000,
    weight: 1,
    time: times.reduce((sum, one) => sum + one, 0),
    transfers: 0,
    points_encoded: true,
    points_encoded_multiplier: 1_000_000,
    points: encodePolyline(line, 6),
    details: { time: times.map((time, index) => [index, index + 1, time]) },
    snapped_waypoints: encodePolyline(places, 6),
  }
  return Response.json({ hints: {}, info: { copyrights: ['GraphHopper'], took: 2 }, paths: [path] })
}

function kilometres({ line }: OsrmLeg): number {
  return line.reduce((sum, point: Point, index) => sum + distanceM(line[index - 1] ?? point, point), 0) / 1000
}

function totalS({ seconds }: OsrmLeg): number {
  return seconds.reduce((sum, one) => sum + one, 0)
}
