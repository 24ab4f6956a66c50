import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Frame, openViewer, shownAt, type Viewer } from '../support/viewer.ts'

const ORDERS = ['o1', 'o2', 'o3'] as const
type Id = (typeof ORDERS)[number]

/** Places that occur nowhere else: any of their digits in what a customer gets is a leak. */
const PLACES: Record<Id, string[]> = {
  o1: ['11.111', '11.222', '11.333', 'First Kitchen', 'First Home'],
  o2: ['22.111', '22.222', '22.333', 'Second Kitchen', 'Second Home'],
  o3: ['33.111', '33.222', '33.333', 'Third Kitchen', 'Third Home'],
}

let server: TestServer
const viewers = new Map<Id, Viewer>()
/** All that a customer was ever answered over HTTP. */
const answers = new Map<Id, string[]>(ORDERS.map((id) => [id, []]))

beforeAll(async () => {
  server = await startTestServer()
  for (const id of ORDERS) {
    const [pickupLat, stopLat, dropLat, pickupName, dropName] = PLACES[id]
    await server.order(id, {
      customer: `customer-${id}`,
      partner: 'dp1',
      pickup: { lat: Number(pickupLat), lng: 1, name: pickupName },
      stops: [{ lat: Number(stopLat), lng: 2, kind: 'drop' }],
      drop: { lat: Number(dropLat), lng: 3, name: dropName },
    })
    viewers.set(id, await openViewer(server, [id], { sub: `customer-${id}` }))
  }
})
afterAll(async () => {
  for (const viewer of viewers.values()) viewer.close()
  await server.close()
})

const viewerOf = (id: Id) => viewers.get(id) as Viewer
const customer = (id: Id) => server.token('CUSTOMER', `customer-${id}`)

/** Waits until each of these customers is told this many stops before its own, on the socket and over HTTP. */
async function allAreTold(stopsBefore: Partial<Record<Id, number>>): Promise<void> {
  for (const [id, count] of Object.entries(stopsBefore) as [Id, number][]) {
    await viewerOf(id).shows(id, ({ order }) => order?.stops_before === count)
    for (const path of [`/orders/${id}`, `/orders/${id}/track`, `/orders/${id}/trail`, '/orders']) {
      const answer = await server.call('GET', path, { token: await customer(id) })
      expect([path, answer.status]).toEqual([path, 200])
      answers.get(id)?.push(answer.text)
      if (path === `/orders/${id}`) expect(answer.body.stops_before).toBe(count)
      if (path === `/orders/${id}/track`) expect(answer.body.order.stops_before).toBe(count)
    }
  }
}

async function plan(...order_ids: Id[]): Promise<string[]> {
  const token = await server.token('INTERNAL_SERVICE', 'desk')
  const answer = await server.call('POST', '/partners/dp1/plan', { token, body: { order_ids } })
  expect(answer.status).toBe(200)
  return answer.body.items.map(({ id }: { id: string }) => id)
}

/** A fix on the way, and each of these customers sees it. */
async function ride(lat: number, watching: readonly Id[]): Promise<void> {
  expect((await server.post('dp1', { lat, lng: 5, accuracy_m: 5 })).status).toBe(202)
  for (const id of watching) await viewerOf(id).shows(id, (view) => shownAt(view) === `${lat},5`)
}

describe('three orders of one rider', () => {
  test('each customer is told how many stops come before its own', async () => {
    await allAreTold({ o1: 0, o2: 1, o3: 2 })
    await ride(50, ORDERS)
  })

  test('another sequence is told at once, and the marker stays', async () => {
    expect(await plan('o3', 'o1')).toEqual(['o3', 'o1', 'o2'])
    await allAreTold({ o3: 0, o1: 1, o2: 2 })
    await ride(50.0001, ORDERS)
    for (const id of ORDERS) expect(viewerOf(id).frames.some(({ type }: Frame) => type === 'end')).toBe(false)
  })

  test('a delivered one moves the others up', async () => {
    await server.move('o3', 'picked_up')
    await server.move('o3', 'delivered')
    expect(await viewerOf('o3').closing).toEqual({ code: 4410, reason: 'delivered' })
    await allAreTold({ o1: 0, o2: 1 })
    expect(await plan('o2')).toEqual(['o2', 'o1'])
    await allAreTold({ o2: 0, o1: 1 })
    await ride(50.0002, ['o1', 'o2'])
  })

  test('the rider reads its plan, with the places it needs', async () => {
    const token = await server.token('DELIVERY_PARTNER', 'dp1')
    const { body } = await server.call('GET', '/partners/dp1/plan', { token })
    expect(body.items).toMatchObject([
      { id: 'o2', drop: { name: 'Second Home' } },
      { id: 'o1', drop: { name: 'First Home' } },
    ])
  })

  test('in all that a customer ever got there is its own place, and none of the others', () => {
    for (const id of ORDERS) {
      const got = [...viewerOf(id).frames.map((frame) => JSON.stringify(frame)), ...(answers.get(id) ?? [])]
      expect(got.length).toBeGreaterThan(8)
      expect(got.some((text) => text.includes(PLACES[id].at(-1) as string))).toBe(true)
      const foreign = ORDERS.filter((other) => other !== id).flatMap((other) => [...PLACES[other], `"${other}"`])
      for (const text of got) {
        expect(foreign.filter((secret) => text.includes(secret))).toEqual([])
        expect(text).not.toMatch(/"(before|sequence|stops)":/)
      }
    }
  })
})
