/** Whatever an engine sends is an answer, soon: never an exception, a hang, or a route that is none. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { type EngineDialect, EngineRoutes } from '../../../src/adapters/routes/engine.ts'
import { graphhopper } from '../../../src/adapters/routes/graphhopper.ts'
import { openRoutes } from '../../../src/adapters/routes/open.ts'
import { osrm } from '../../../src/adapters/routes/osrm.ts'
import { valhalla } from '../../../src/adapters/routes/valhalla.ts'
import { configOf } from '../../../src/config.ts'
import type { RouteAnswer } from '../../../src/ports/routes.ts'
import {
  graphhopperAnswer,
  osrmAnswer,
  startTestEngine,
  type TestEngine,
  valhallaAnswer,
} from '../../support/routes/test-engine.ts'
import { TRIP } from '../../support/routes/world.ts'

let engine: TestEngine
beforeAll(() => {
  engine = startTestEngine(osrmAnswer)
})
afterAll(() => engine.close())

async function answerTo(dialect: EngineDialect, answer: TestEngine['answer']): Promise<RouteAnswer> {
  engine.answer = answer
  return new EngineRoutes(dialect, { url: engine.url }).route(TRIP)
}

const html = '<!doctype html><title>502 Bad Gateway</title>'
const gzipped = { headers: { 'content-encoding': 'gzip' } }
const asJson = { headers: { 'content-type': 'application/json' } }

const BODIES: readonly (readonly [what: string, body: () => Response])[] = [
  ['a page', () => new Response(html, { headers: { 'content-type': 'text/html' } })],
  ['nothing', () => new Response('')],
  ['a 204', () => new Response(null, { status: 204 })],
  ['a 404 page', () => new Response(html, { status: 404 })],
  ['JSON cut off', () => new Response('{"code":"Ok","routes":[{"distance":', asJson)],
  ['NaN', () => new Response('{"code":"Ok","routes":[{"distance":NaN}]}', asJson)],
  ['null', () => Response.json(null)],
  ['a list', () => Response.json([])],
  ['a text', () => Response.json('Ok')],
  ['a number', () => Response.json(7)],
  ['an empty object', () => Response.json({})],
  ['bytes that are no UTF-8', () => new Response(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))],
  ['a deep nest', () => new Response('['.repeat(100_000), asJson)],
  ['gzip that is none', () => new Response('x', { headers: { 'content-encoding': 'gzip' } })],
]

const HUGE: typeof BODIES = [
  ['10 MB', () => new Response(`{"code":"${'x'.repeat(10_000_000)}"}`, asJson)],
  ['10 MB in a small gzip', () => new Response(Bun.gzipSync(new Uint8Array(10_000_000).fill(32)), gzipped)],
  ['a body without end', () => new Response(endless(), asJson)],
]

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)) })
}

const ENGINES = [
  ['osrm', osrm, osrmAnswer],
  ['valhalla', valhalla, valhallaAnswer],
  ['graphhopper', graphhopper(), graphhopperAnswer],
] as const

describe.each(ENGINES)('%s', (_name, dialect, good) => {
  test.each(BODIES)('%s is unavailable', async (_what, body) => {
    const answer = await answerTo(dialect, body)
    expect(answer.kind).toBe('unavailable')
    expect(['unreadable', 'network']).toContain(answer.kind === 'unavailable' ? answer.reason : '')
  })

  test('a redirect is not followed', async () => {
    const answer = await answerTo(dialect, (request) =>
      request.url.searchParams.has('moved') ? good(request) : Response.redirect(`${engine.url}/route?moved`, 307),
    )
    expect(answer).toMatchObject({ reason: 'unreadable', detail: 'HTTP 307: a redirect' })
  })

  test.each(HUGE)('%s is read no further than 4 MiB', async (_what, body) => {
    const answer = await answerTo(dialect, body)
    expect(answer).toMatchObject({ reason: 'unreadable', detail: 'an answer of more than 4194304 bytes' })
  })

  test.each([
    [500, 'server_error'],
    [503, 'server_error'],
    [403, 'denied'],
    [429, 'rate_limited'],
  ])('HTTP %i is unavailable: %s', async (status, reason) => {
    const refusal = () => new Response(html, { status, headers: { 'retry-after': '7' } })
    const answer = await answerTo(dialect, refusal)
    expect(answer).toMatchObject({ kind: 'unavailable', reason: reason as 'denied' })
    if (status !== 403) expect(answer).toMatchObject({ retryAfterMs: 7_000 })
  })

  test('every value of a good answer replaced by a wrong one is no exception, and no other route', async () => {
    const whole = await answerTo(dialect, good)
    if (whole.kind !== 'route') throw new Error(whole.detail)
    let wholeBody: unknown
    await answerTo(dialect, async (request) => {
      wholeBody = await (await good(request)).json()
      return Response.json(wholeBody)
    })
    const paths = leavesOf(wholeBody)
    expect(paths.length).toBeGreaterThan(10)
    let refused = 0
    for (const path of paths) {
      for (const wrong of [null, -1, 'x', '', [], {}, 1e300]) {
        const answer = await answerTo(dialect, () => Response.json(replaced(wholeBody, path, wrong)))
        if (answer.kind !== 'route') {
          refused++
          continue
        }
        expect(answer.polyline).toBe(whole.polyline)
        expect(answer.distanceM).toBeCloseTo(whole.distanceM)
        expect(answer.durationS).toBe(whole.durationS)
        expect(answer.segmentSeconds ?? whole.segmentSeconds).toEqual(whole.segmentSeconds)
      }
    }
    expect(refused).toBeGreaterThan(20)
  }, 60_000)

  test('a connection that is reset, or refused, is unavailable: network', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const routes = new EngineRoutes(dialect, { url: `http://127.0.0.1:${port}` })
    expect(await routes.route(TRIP)).toMatchObject({ kind: 'unavailable', reason: 'network' })
    await new Promise((resolve) => server.close(resolve))
    expect(await routes.route(TRIP)).toMatchObject({ kind: 'unavailable', reason: 'network' })
  })
})

test.each([
  ['says nothing', () => new Promise<Response>(() => {})],
  ['begins and stops', () => new Response(halfABody(), asJson)],
])('an engine that %s is given up after 800 ms', async (_what, answer) => {
  engine.answer = answer
  const routes = openRoutes(configOf({ routes: 'osrm', routesUrl: engine.url }))
  const startMs = performance.now()
  expect(await routes.route(TRIP)).toMatchObject({ kind: 'unavailable', reason: 'timeout' })
  expect(performance.now() - startMs).toBeWithin(780, 1_100)
})

function halfABody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"code":"Ok",')),
  })
}

type Path = readonly (string | number)[]

/** Where all values are that are neither objects nor lists. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
}

function replaced(value: unknown, [key, ...rest]: Path, wrong: unknown): unknown {
  if (key === undefined) return wrong
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  const parts = copy as Record<string | number, unknown>
  parts[key] = replaced(parts[key], rest, wrong)
  return copy
}
