/** The way to the door over a real server: what a customer is shown, whatever the routing engine does. */

import { afterEach, describe, expect, test } from 'bun:test'
import type { Config } from '../../src/config.ts'
import { distanceM, type Point } from '../../src/domain/geo.ts'
import { decodePolyline, encodePolyline } from '../../src/domain/polyline.ts'
import type { PositionPart, View } from '../../src/domain/view.ts'
import { answerOsrm } from '../services/osrm-http.ts'
import { osrmAnswer, startTestEngine, type TestEngine } from '../support/routes/test-engine.ts'
import { BAKERY, SCHOOL } from '../support/routes/world.ts'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'
import { RideClock, TownRider } from '../support/town-rider.ts'
import { type Frame, openViewer, type Viewer } from '../support/viewer.ts'

/** Where the town's way from the bakery to the school turns east. */
const CORNER: Point = { lat: SCHOOL.lat, lng: BAKERY.lng }
const part = (from: Point, to: Point, share: number): Point => ({
  lat: from.lat + share * (to.lat - from.lat),
  lng: from.lng + share * (to.lng - from.lng),
})

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

interface Scene {
  server: TestServer
  engine: TestEngine
  rider(id: string): TownRider
  viewer(order: string, customer?: string): Promise<Viewer>
  clock: RideClock
}

async function scene(answer: TestEngine['answer'] = osrmAnswer, settings: Partial<Config> = {}): Promise<Scene> {
  const engine = startTestEngine(answer)
  const clock = new RideClock()
  const quiet = { heartbeatMs: 3_600_000, silentAfterMs: 7_200_000, ingestRate: 1_000 }
  open.push(engine, { close: () => clock.release() })
  const server = await startTestServer({
    routes: 'osrm',
    routesUrl: engine.url,
    ...quiet,
    ...settings,
  } as Partial<Config>)
  open.push(server)
  return {
    server,
    engine,
    clock,
    rider: (id) => new TownRider(server, clock, id),
    async viewer(order, customer = 'c1') {
      const viewer = await openViewer(server, [order], { sub: customer })
      open.push(viewer)
      return viewer
    },
  }
}

const ORDER = { customer: 'c1', partner: 'dp1', drop: SCHOOL, vehicle: 'motorbike' }

async function pickedUp({ server }: Scene, id = 'o1', fields: Record<string, unknown> = {}): Promise<void> {
  await server.order(id, { ...ORDER, ...fields })
  await server.move(id, 'picked_up')
}

const positionsOf = (frames: readonly Frame[]): PositionPart[] => frames.flatMap(({ position }) => position ?? [])
const isOnLine = ({ position, route }: View) => position?.route_id !== undefined && route?.id === position.route_id

/** Goes on through these places until the viewer sees such a view. */
async function untilShown(viewer: Viewer, rider: TownRider, way: Point[], what: (view: View) => boolean, order = 'o1') {
  for (const to of way) {
    await rider.fix(to)
    const at = await viewer.shows(order, ({ position }) => position?.lat === to.lat && position.lng === to.lng)
    if (what(at)) return at
    await Bun.sleep(10)
  }
  throw new Error(`not in ${way.length} fixes: ${JSON.stringify(viewer.view(order))}`)
}

/** Places a step of some 11 m apart, towards the corner. */
const steps = (from: Point, count: number) =>
  Array.from({ length: count }, (_, i) => ({ lat: from.lat + (i + 1) * 1e-4, lng: from.lng }))

/** No frame may name a line that was not sent with it or before, nor send one twice in a row. */
function expectLinesInTime(frames: readonly Frame[]): void {
  let held: string | undefined
  for (const { position, route } of frames) {
    if (route !== undefined) {
      expect(route.id).not.toBe(held)
      held = route.id
    }
    if (position?.route_id !== undefined) expect(position.route_id).toBe(held)
  }
}

describe('with an engine that answers', () => {
  test('the customer sees the line, progress on it, and an arrival by it; also who comes later', async () => {
    const at = await scene()
    await pickedUp(at)
    const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
    await rider.fix(BAKERY)
    const first = await viewer.shows('o1', ({ position }) => position !== undefined)
    expect(first.position).toMatchObject({ eta: { source: 'estimate' }, remaining_m: expect.any(Number) })
    expect(first.position).not.toHaveProperty('route_id')

    const shown = await untilShown(viewer, rider, steps(BAKERY, 9), isOnLine)
    expect(shown.position?.eta?.source).toBe('route')
    const line = decodePolyline(shown.route?.polyline ?? '', shown.route?.precision ?? 0)
    expect(distanceM(line.at(-1) as Point, SCHOOL)).toBeLessThan(5)
    await rider.ride([part(BAKERY, CORNER, 0.5)])
    const halfM = distanceM(BAKERY, CORNER) / 2
    const half = await viewer.shows('o1', ({ position }) => (position?.along_m ?? 0) > halfM - 60)
    expect((half.position?.along_m ?? 0) + (half.position?.remaining_m ?? 0)).toBeWithin(
      halfM * 2 + distanceM(CORNER, SCHOOL) - 60,
      halfM * 2 + distanceM(CORNER, SCHOOL) + 60,
    )
    expectLinesInTime(viewer.frames)
    expect(viewer.frames.filter(({ route }) => route).length).toBe(1)

    const later = await at.viewer('o1')
    await later.shows('o1', isOnLine)
    expect(positionsOf(later.frames)[0]?.route_id).toBe(half.position?.route_id as string)
    expectLinesInTime(later.frames)
    const { body } = await at.server.call('GET', '/orders/o1/track', { token: await at.server.token('CUSTOMER', 'c1') })
    expect(body.route).toEqual({ ...half.route })
    expect(body.position.route_id).toBe(body.route.id)
  })

  test('a rider who leaves the line is shown without one, then with another', async () => {
    const at = await scene()
    await pickedUp(at)
    const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
    await rider.fix(BAKERY)
    const first = await untilShown(viewer, rider, steps(BAKERY, 9), isOnLine)
    await rider.ride([part(BAKERY, CORNER, 0.3)])
    const asked = at.engine.requests.length
    // East, where the line leads north.
    const away = part(BAKERY, CORNER, 0.3)
    await rider.ride([{ lat: away.lat, lng: away.lng + 0.005 }])
    await eventually('another request', () => at.engine.requests.length > asked)
    const east = Array.from({ length: 9 }, (_, i) => ({ lat: away.lat, lng: away.lng + 0.005 + (i + 1) * 1e-4 }))
    const second = await untilShown(viewer, rider, east, isOnLine)
    expect(second.route?.id).not.toBe(first.route?.id as string)
    expect(positionsOf(viewer.frames).some((p) => p.route_id === undefined && p.eta?.source === 'route')).toBe(true)
    expectLinesInTime(viewer.frames)
  })

  test('another plan is another line: first by the pickup, then without it', async () => {
    const at = await scene()
    const pickup = part(BAKERY, CORNER, 0.2)
    await at.server.order('o1', { ...ORDER, pickup })
    const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
    await rider.fix(BAKERY)
    const first = await untilShown(viewer, rider, steps(BAKERY, 9), isOnLine)
    expect(at.engine.requests[0]?.url.pathname.split(';').length).toBe(3)
    await rider.ride([pickup])
    await at.server.move('o1', 'picked_up')
    const moved = await viewer.shows(
      'o1',
      ({ order, position }) => order?.status === 'picked_up' && position?.rev === order.rev,
    )
    expect(moved.position).not.toHaveProperty('route_id')
    const second = await untilShown(viewer, rider, steps(pickup, 9), isOnLine)
    expect(second.route?.id).not.toBe(first.route?.id as string)
    expect(at.engine.requests.at(-1)?.url.pathname.split(';').length).toBe(2)
    expectLinesInTime(viewer.frames)
  })

  test('a hand-over takes line and arrival away', async () => {
    const at = await scene()
    await pickedUp(at)
    const [viewer, rider, next] = [await at.viewer('o1'), at.rider('dp1'), at.rider('dp2')]
    await rider.fix(BAKERY)
    const before = await untilShown(viewer, rider, steps(BAKERY, 9), isOnLine)
    await at.server.assign('o1', 'dp2')
    const elsewhere = part(CORNER, SCHOOL, 0.5)
    await next.fix(elsewhere)
    const after = await viewer.shows('o1', ({ position }) => position?.lat === elsewhere.lat)
    expect(after.position).not.toHaveProperty('route_id')
    expect(after.position).not.toHaveProperty('arrival')
    expect(after.position?.eta?.source).toBe('estimate')
    expect(after.position?.remaining_m).toBeLessThan((before.position?.remaining_m ?? 0) / 2)
    const east = Array.from({ length: 9 }, (_, i) => ({ ...elsewhere, lng: elsewhere.lng + (i + 1) * 1e-4 }))
    const line = await untilShown(viewer, next, east, isOnLine)
    expect(line.route?.id).not.toBe(before.route?.id as string)
  })
})

describe('without an answer', () => {
  const kinds: [name: string, answer: TestEngine['answer'], outcome: string][] = [
    ['that is down', () => new Response(null, { status: 503 }), 'server_error'],
    ['that is slow', ({ signal }) => stuck(signal), 'timeout'],
    ['that knows no way', () => Response.json({ code: 'NoRoute', message: '' }, { status: 400 }), 'no_route'],
    ['with the map of another country', fromElsewhere, 'no_route'],
    ['that is not there', () => Response.json({}), 'network'],
    ['that answers nonsense', () => new Response('<html>'), 'unreadable'],
  ]
  for (const [name, answer, outcome] of kinds) {
    test(`of an engine ${name}, the customer is told an estimate and no line`, async () => {
      const at = await scene(answer)
      if (name === 'that is not there') await at.engine.close()
      await pickedUp(at)
      const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
      await rider.fix(BAKERY)
      const metrics = await eventually('the answer', async () => {
        const { text } = await at.server.call('GET', '/metrics', { token: await at.server.token('ADMIN', 'metrics') })
        return text.includes(`zlt_routes_total{outcome="${outcome}"}`) && text
      })
      expect(metrics).toContain('zlt_routes_total')
      await rider.ride([part(BAKERY, CORNER, 0.1)])
      const { lat } = rider.at as Point
      const shown = await viewer.shows('o1', ({ position }) => position?.lat === lat)
      expect(shown.position?.eta?.source).toBe('estimate')
      for (const { position, route } of viewer.frames) {
        expect(route).toBeUndefined()
        expect(position ?? {}).not.toHaveProperty('route_id')
      }
    })
  }

  test('an engine that comes back draws the line at the next asking', async () => {
    const at = await scene(() => Response.json({ code: 'NoRoute', message: '' }, { status: 400 }))
    await pickedUp(at)
    const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
    await rider.fix(BAKERY)
    await eventually('a request', () => at.engine.requests.length > 0)
    at.engine.answer = osrmAnswer
    await untilShown(viewer, rider, steps(BAKERY, 12), isOnLine)
  })

  test('arrival is told all the same', async () => {
    const at = await scene(osrmAnswer, { routes: 'none', routesUrl: undefined } as Partial<Config>)
    await pickedUp(at)
    const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
    await rider.ride([part(CORNER, SCHOOL, 0.7), SCHOOL])
    await rider.stay(3)
    await viewer.shows('o1', ({ position }) => position?.arrival === 'arrived')
    const stages = new Set(positionsOf(viewer.frames).map(({ arrival }) => arrival))
    expect([...stages]).toEqual([undefined, 'nearby', 'arriving', 'arrived'])
    expect(at.engine.requests).toEqual([])
  })
})

/** An engine snaps to the nearest road that it has, however far that is, and calls it `Ok`. */
async function fromElsewhere({ url }: { url: URL }): Promise<Response> {
  const there = new URL(url)
  there.pathname = there.pathname.replace(/[\d.;,-]+$/, '7.4246,43.7384;7.4212,43.7347')
  return answerOsrm(there, ({ places }) =>
    places.slice(1).map((to, i) => ({ line: [places[i] ?? to, to], seconds: [90] })),
  )
}

function stuck(signal: AbortSignal): Promise<Response> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(new Response(null, { status: 499 }))))
}

test('the caller’s own line is used from the pickup on, with no engine asked', async () => {
  const at = await scene()
  const pickup = part(BAKERY, CORNER, 0.1)
  const bend = part(CORNER, SCHOOL, 0.5)
  const route = { polyline: encodePolyline([pickup, CORNER, bend, SCHOOL], 6), precision: 6 }
  await at.server.order('o1', { ...ORDER, pickup, route })
  await at.server.move('o1', 'picked_up')
  const [viewer, rider] = [await at.viewer('o1'), at.rider('dp1')]
  await rider.fix(pickup)
  const shown = await viewer.shows('o1', isOnLine)
  expect(shown.route).toMatchObject(route)
  await rider.ride([part(pickup, CORNER, 0.3)])
  await viewer.shows('o1', ({ position }) => (position?.along_m ?? 0) > 300)
  expect(at.engine.requests).toEqual([])
})

test('what trips taught is foretold after a restart', async () => {
  const at = await scene(osrmAnswer, { routes: 'none', routesUrl: undefined } as Partial<Config>)
  const from = part(CORNER, SCHOOL, 0.7)
  const route = { polyline: encodePolyline([from, SCHOOL], 6), precision: 6 }
  const foretoldS = async (id: string): Promise<number> => {
    await pickedUp(at, id, { route, vehicle: undefined, partner: `rider-${id}` })
    const rider = at.rider(`rider-${id}`)
    const viewer = await at.viewer(id)
    await rider.fix(from)
    const { position } = await viewer.shows(id, ({ position: seen }) => seen?.eta !== undefined)
    if (position?.eta === undefined) throw new Error('no arrival')
    // Much slower than the table says of a vehicle that nobody named.
    if (id.startsWith('slow')) {
      await rider.ride([SCHOOL], 2.5)
      await rider.stay(3)
      await viewer.shows(id, (view) => view.position?.arrival === 'arrived')
    }
    await at.server.move(id, 'delivered')
    return (position.eta.arrival_ms - position.fix_time_ms) / 1000
  }
  const before = await foretoldS('slow1')
  for (const id of ['slow2', 'slow3', 'slow4']) await foretoldS(id)
  await at.server.restart()
  const trueS = distanceM(from, SCHOOL) / 2.5
  expect(before).toBeLessThan(0.8 * trueS)
  expect(await foretoldS('last')).toBeWithin(0.85 * trueS, 1.2 * trueS)
})

describe('two customers of one rider', () => {
  const FIRST: Point = { lat: 47.1712, lng: 9.5411 }
  const SECOND: Point = SCHOOL

  test('neither is ever sent where the other lives, whoever comes first', async () => {
    const at = await scene()
    const { server } = at
    await server.order('o1', { ...ORDER, drop: FIRST })
    await server.order('o2', { ...ORDER, customer: 'c2', drop: SECOND })
    for (const id of ['o1', 'o2']) await server.move(id, 'picked_up')
    const [one, two, rider] = [await at.viewer('o1'), await at.viewer('o2', 'c2'), at.rider('dp1')]
    const ops = await openViewer(server, ['o2'], { role: 'ADMIN', sub: 'root' })
    open.push(ops)
    await rider.fix(BAKERY)
    await untilShown(ops, rider, steps(BAKERY, 9), isOnLine, 'o2')
    await one.shows('o1', ({ position }) => position?.route_id !== undefined)
    const waiting = await two.shows('o2', ({ position }) => position?.eta?.source === 'route')
    expect(waiting.position).not.toHaveProperty('route_id')
    expect(waiting.route).toBeUndefined()

    const token = await server.token('INTERNAL_SERVICE', 'backend')
    const answer = await server.call('POST', '/partners/dp1/plan', { token, body: { order_ids: ['o2', 'o1'] } })
    expect(answer.status).toBe(200)
    const turned = await two.shows(
      'o2',
      ({ order, position }) => order?.stops_before === 0 && position?.rev === order.rev,
    )
    expect(turned.position).not.toHaveProperty('route_id')
    await untilShown(two, rider, steps(rider.at as Point, 9), isOnLine, 'o2')
    await rider.ride([part(BAKERY, CORNER, 0.3)])

    for (const [viewer, drop, other] of [
      [one, FIRST, SECOND],
      [two, SECOND, FIRST],
    ] as const) {
      for (const { route, ...rest } of viewer.frames) {
        for (const digits of [other.lat, other.lng]) expect(JSON.stringify(rest)).not.toContain(String(digits))
        if (route === undefined) continue
        const line = decodePolyline(route.polyline, route.precision)
        expect(distanceM(line.at(-1) as Point, drop)).toBeLessThan(20)
        for (const point of line) expect(distanceM(point, other)).toBeGreaterThan(300)
      }
    }
    const { body, text } = await server.call('GET', '/orders/o1/track', { token: await server.token('CUSTOMER', 'c1') })
    expect(body.order.stops_before).toBe(1)
    expect(body).not.toHaveProperty('route')
    expect(text).not.toContain(String(SECOND.lng))
  })
})
