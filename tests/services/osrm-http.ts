/**
 * The HTTP shape of OSRM's route service in front of any router: parameters, codes and messages as osrm-routed 6.0.0
 * answers them (https://project-osrm.org/docs/v5.24.0/api/).
 */

import { bearingDeg, distanceM, type Point } from '../../src/domain/geo.ts'
import { encodePolyline } from '../../src/domain/polyline.ts'

/** A leg between two places: its points, and the seconds from each to the next. */
export interface OsrmLeg {
  line: Point[]
  seconds: number[]
}

/** A way along all places, or which of them has no street (by its index), or that none joins them. */
export type OsrmWay = OsrmLeg[] | { noSegment: number } | 'no_route'

export interface OsrmQuery {
  profile: string
  places: Point[]
  radiusesM: (number | undefined)[]
}

export type OsrmRouter = (query: OsrmQuery) => OsrmWay | Promise<OsrmWay>

class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** Seconds that turns cost, which the durations of segments do not have in them. */
const TURN_S = 7.4

/** Answers one request as osrm-routed would. */
export async function answerOsrm(url: URL, router: OsrmRouter): Promise<Response> {
  try {
    const query = parseQuery(url)
    const way = await router(query)
    if (way === 'no_route') throw new Refusal('NoRoute', 'Impossible route between points')
    if (!Array.isArray(way)) throw noSegment(way.noSegment)
    return Response.json(describeWay(url, query, way))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return Response.json({ message: error.message, code: error.code }, { status: 400 })
  }
}

function parseQuery(url: URL): OsrmQuery {
  const [service = '', version, profile = '', coordinates = ''] = url.pathname.split('/').slice(1)
  if (service !== 'route') throw new Refusal('InvalidService', `Service ${service} not found!`)
  if (version !== 'v1') throw new Refusal('InvalidVersion', `Service ${version} not found!`)
  const places = coordinates.split(';').map((pair) => {
    if (!/^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/.test(pair)) {
      throw new Refusal('InvalidQuery', 'Query string malformed close to position 18')
    }
    const [lng, lat] = pair.split(',').map(Number) as [number, number]
    return { lat, lng }
  })
  if (places.some(({ lat, lng }) => Math.abs(lat) > 90 || Math.abs(lng) > 180)) {
    throw new Refusal('InvalidValue', 'Invalid coordinate value.')
  }
  if (places.length < 2) throw new Refusal('InvalidOptions', 'Number of coordinates needs to be at least two.')
  const radiusesM = perPlace(url, 'radiuses', places).map((one) =>
    /^\d+(\.\d+)?$/.test(one) ? Number(one) : undefined,
  )
  return { profile, places, radiusesM }
}

function describeWay(url: URL, { places, radiusesM }: OsrmQuery, legs: OsrmLeg[]): unknown {
  const line = legs.flatMap((leg, index) => (index === 0 ? leg.line : leg.line.slice(1)))
  const snapped = [legs[0]?.line[0], ...legs.map((leg) => leg.line.at(-1))] as Point[]
  const waypoints = places.map((place, index) => {
    const at = snapped[index] ?? place
    const offM = distanceM(place, at)
    if (offM > (radiusesM[index] ?? Infinity)) throw noSegment(index)
    return { hint: 'AAAA', location: [at.lng, at.lat], name: '', distance: offM }
  })
  const [bearing] = perPlace(url, 'bearings', places)
  if (bearing) refuseOtherHeading(bearing, line)
  const asked = url.searchParams
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
  const described = legs.map((leg) => {
    const meters = leg.line.slice(1).map((end, index) => distanceM(leg.line[index] ?? end, end))
    const whole = { steps: [], summary: '', weight: 0, distance: sum(meters), duration: sum(leg.seconds) + TURN_S }
    return asked.has('annotations') ? { ...whole, annotation: { distance: meters, duration: leg.seconds } } : whole
  })
  const precision = asked.get('geometries') === 'polyline6' ? 6 : 5
  return {
    code: 'Ok',
    routes: [
      {
        legs: described,
        weight_name: 'routability',
        ...(asked.get('overview') !== 'false' && { geometry: encodePolyline(line, precision) }),
        weight: 0,
        duration: sum(described.map(({ duration }) => duration)),
        distance: sum(described.map(({ distance }) => distance)),
      },
    ],
    waypoints,
  }
}

function refuseOtherHeading(bearing: string, line: Point[]): void {
  const [heading = 0, range = 180] = bearing.split(',').map(Number)
  const next = line.find((point) => distanceM(point, line[0] ?? point) > 1)
  if (line[0] === undefined || next === undefined) return
  const turnDeg = Math.abs(((bearingDeg(line[0], next) - heading + 540) % 360) - 180)
  if (turnDeg > range) throw noSegment(0)
}

function perPlace(url: URL, name: string, places: Point[]): string[] {
  const values = url.searchParams.get(name)?.split(';')
  if (values === undefined) return places.map(() => '')
  if (values.length !== places.length) {
    throw new Refusal(
      'InvalidOptions',
      `Number of elements in ${name} size ${values.length} does not match coordinates.`,
    )
  }
  return values
}

function noSegment(index: number): Refusal {
  return new Refusal('NoSegment', `Could not find a matching segment for coordinate ${index}`)
}
