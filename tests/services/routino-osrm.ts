/** A real routing engine, Debian's routino on the streets of Liechtenstein, behind the HTTP shape of OSRM. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keptExtract } from '../../scripts/world/fetch-extract.ts'
import type { Vehicle } from '../../scripts/world/route-plan.ts'
import { findWay, prepareRouting, type TrackPoint } from '../../scripts/world/routino.ts'
import { distanceM, type Point } from '../../src/domain/geo.ts'
import { answerOsrm, type OsrmLeg, type OsrmQuery, type OsrmWay } from './osrm-http.ts'

export interface RoutinoOsrm {
  url: string
  close(): Promise<void>
}

/**
 * Builds the database in a folder of its own and serves it, for one vehicle as a real server does.
 * @throws Error where routino or the extract cannot be had: the tests that need it then fail
 */
export async function startRoutinoOsrm(vehicle: Vehicle): Promise<RoutinoOsrm> {
  const folder = await mkdtemp(join(tmpdir(), 'zlt-routino-'))
  await prepareRouting(await keptExtract(), folder)
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ url }) => answerOsrm(new URL(url), (query) => ask(folder, vehicle, query)),
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    async close() {
      await server.stop(true)
      await rm(folder, { recursive: true })
    },
  }
}

async function ask(folder: string, vehicle: Vehicle, { places }: OsrmQuery): Promise<OsrmWay> {
  const named = places.map((place) => ({ ...place, kind: '', street: '' }))
  let track: TrackPoint[]
  try {
    track = await findWay(folder, vehicle, named)
  } catch (error) {
    const said = String(error)
    const far = /Cannot find node close to specified point (\d+)/.exec(said)?.[1]
    if (far !== undefined) return { noSegment: Number(far) - 1 }
    if (/Cannot find .*route/.test(said)) return 'no_route'
    throw error
  }
  return legsOf(track)
}

/** Each leg ends at a waypoint, where the next begins. */
function legsOf(track: readonly TrackPoint[]): OsrmLeg[] {
  const legs: OsrmLeg[] = []
  let leg: OsrmLeg | undefined
  for (const point of track) {
    const { lat, lng, speedKmh, waypoint } = point
    const last = leg?.line.at(-1)
    if (leg !== undefined && last !== undefined) {
      leg.line.push({ lat, lng })
      leg.seconds.push(secondsBetween(last, point, speedKmh))
    }
    if (!waypoint) continue
    if (leg !== undefined) legs.push(leg)
    leg = { line: [{ lat, lng }], seconds: [] }
  }
  return legs
}

function secondsBetween(a: Point, b: Point, speedKmh: number): number {
  return distanceM(a, b) / (speedKmh / 3.6)
}
