/**
 * Runs recorded answers of an OSRM server through the whole adapter, and tells what it made of each.
 *
 * Usage: bun scripts/check-osrm-answers.ts FOLDER
 * Every `.json` of the folder is one answer. What was asked is taken from the answer's own waypoints, so only their
 * distance tells of a place that was snapped from afar. Exits with 1 when one named `err-*` became a route.
 */

import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EngineRoutes } from '../src/adapters/routes/engine.ts'
import { osrm } from '../src/adapters/routes/osrm.ts'
import type { Point } from '../src/domain/geo.ts'
import { decodePolyline } from '../src/domain/polyline.ts'
import type { RouteAnswer, RouteRequest } from '../src/ports/routes.ts'

/** What became of one recorded answer. */
export interface CheckedAnswer {
  file: string
  answer: RouteAnswer
}

/** Serves each text to the adapter as an engine would, and collects its answers. */
export async function checkOsrmAnswers(texts: ReadonlyMap<string, string>): Promise<CheckedAnswer[]> {
  let text = ''
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => new Response(text, { status: /"code":\s*"Ok"/.test(text) ? 200 : 400 }),
  })
  const routes = new EngineRoutes(osrm, { url: `http://127.0.0.1:${server.port}` })
  try {
    const checked: CheckedAnswer[] = []
    for (const [file, recorded] of texts) {
      text = recorded
      checked.push({ file, answer: await routes.route(requestOf(recorded)) })
    }
    return checked
  } finally {
    await server.stop(true)
  }
}

/** One line of the table. */
export function describeAnswer({ file, answer }: CheckedAnswer): string {
  return `${file.padEnd(32)} ${summary(answer)}`
}

function summary(answer: RouteAnswer): string {
  if (answer.kind !== 'route') return `${answer.kind}, ${answer.reason}: ${answer.detail}`
  const points = decodePolyline(answer.polyline, answer.precision).length
  const times = answer.segmentSeconds === undefined ? 'no times of segments' : `${answer.segmentSeconds.length} times`
  return `route of ${answer.distanceM} m, ${answer.durationS} s, ${points} points, ${times}`
}

/** The waypoints' places, or any two where there are none: the answer is no route then. */
function requestOf(text: string): RouteRequest {
  const [from = { lat: 0, lng: 0 }, ...rest] = placesOf(text)
  const to = rest.pop() ?? from
  return { from, to, via: rest }
}

function placesOf(text: string): Point[] {
  try {
    const { waypoints } = JSON.parse(text) as { waypoints?: { location: [number, number] }[] }
    return (waypoints ?? []).map(({ location: [lng, lat] }) => ({ lat, lng }))
  } catch {
    return []
  }
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined) {
    console.error('usage: bun scripts/check-osrm-answers.ts FOLDER')
    process.exit(2)
  }
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const texts = await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))
  const checked = await checkOsrmAnswers(new Map(files.map((file, index) => [file, texts[index] ?? ''])))
  for (const one of checked) console.log(describeAnswer(one))
  const wrong = checked.filter(({ file, answer }) => basename(file).startsWith('err-') && answer.kind === 'route')
  for (const { file } of wrong) console.error(`${file} became a route`)
  process.exit(checked.length === 0 || wrong.length > 0 ? 1 : 0)
}
