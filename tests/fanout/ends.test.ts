import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'
import { type Frame, openViewer, shownAt } from '../support/viewer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const ending = ({ type }: Frame) => type === 'end'
const forget = async (id: string) => {
  const answer = await server.call('DELETE', `/orders/${id}`, { token: await server.token('ADMIN', 'a') })
  expect(answer.status).toBe(204)
}

describe('the end of an order', () => {
  test('delivered: the last view without position, then end, then 4410', async () => {
    await server.order('d1', { customer: 'c1', partner: 'dp1' })
    await server.move('d1', 'picked_up')
    const viewer = await openViewer(server, ['d1'])
    await server.post('dp1', { order_id: 'd1', lat: 1, lng: 2 })
    await viewer.shows('d1', (view) => shownAt(view) === '1,2')
    await server.move('d1', 'delivered')
    expect(await viewer.closing).toEqual({ code: 4410, reason: 'delivered' })
    const [view, end] = viewer.frames.slice(-2)
    expect(view).toMatchObject({ type: 'view', order: { status: 'delivered', visible: false } })
    expect(view?.position).toBeUndefined()
    expect(view?.order.timeline.map(({ status }: Frame) => status)).toEqual([
      'created',
      'assigned',
      'picked_up',
      'delivered',
    ])
    expect(end).toEqual({ type: 'end', order_id: 'd1', reason: 'delivered' })
    expect(shownAt(viewer.view('d1'))).toBeUndefined()
  })

  test('opening it again gives the view without position, then the end', async () => {
    const again = await openViewer(server, ['d1'])
    expect((await again.closing).code).toBe(4410)
    expect(again.frames.map(({ type }) => type)).toEqual(['view', 'end'])
    expect(again.frames[0]?.order.status).toBe('delivered')
    expect(again.frames[0]?.position).toBeUndefined()
  })

  test('a fix sent after the end shows nowhere', async () => {
    const answer = await server.post('dp1', { order_id: 'd1', lat: 3, lng: 4 })
    expect(answer.body.results[0].code).toBe('no_visible_order')
    const track = await server.call('GET', '/orders/d1/track', { token: await server.token('CUSTOMER', 'c1') })
    expect(track.body.position).toBeUndefined()
    expect(track.body.pending).toBeUndefined()
  })

  test('cancelled', async () => {
    await server.order('x1', { customer: 'c1', partner: 'dp1' })
    const viewer = await openViewer(server, ['x1'])
    await server.move('x1', 'cancelled')
    expect(await viewer.closing).toEqual({ code: 4410, reason: 'cancelled' })
  })

  test('forgotten, also for a token that names the order', async () => {
    await server.order('f1', { customer: 'c1', partner: 'dp1' })
    const own = await openViewer(server, ['f1'])
    const named = await openViewer(server, ['f1'], { sub: 'anybody', orders: ['f1'] })
    await own.until('the view', ({ type }) => type === 'view')
    await named.until('the view', ({ type }) => type === 'view')
    await forget('f1')
    for (const viewer of [own, named]) {
      expect(await viewer.closing).toEqual({ code: 4410, reason: 'forgotten' })
      expect(viewer.frames.at(-1)).toEqual({ type: 'end', order_id: 'f1', reason: 'forgotten' })
    }
  })

  test('an id used again after forgetting is a new order', async () => {
    await server.order('again', { customer: 'c1', partner: 'dp1' })
    await server.post('dp1', { order_id: 'again', lat: 5, lng: 6 })
    const before = await openViewer(server, ['again'])
    const { order: old } = await before.shows('again', (view) => shownAt(view) === '5,6')
    await forget('again')
    await before.closing
    await server.order('again', { customer: 'c1', partner: 'dp2' })
    const after = await openViewer(server, ['again'])
    const { order } = await after.shows('again', (view) => view.order?.status === 'assigned')
    expect(order?.rev).toBeGreaterThan(old?.rev ?? 0)
    expect(shownAt(after.view('again'))).toBeUndefined()
    await server.post('dp2', { order_id: 'again', lat: 7, lng: 8 })
    await after.shows('again', (view) => shownAt(view) === '7,8')
    expect(after.frames.some(({ position }) => position?.lat === 5)).toBe(false)
    after.close()
  })

  test('the socket stays while it watches another order', async () => {
    await server.order('two1', { customer: 'c1', partner: 'dp1' })
    await server.order('two2', { customer: 'c1', partner: 'dp1' })
    const viewer = await openViewer(server, ['two1', 'two2'])
    await server.move('two1', 'cancelled')
    expect(await viewer.until('the end', ending)).toEqual({ type: 'end', order_id: 'two1', reason: 'cancelled' })
    await server.post('dp1', { order_id: 'two2', lat: 9, lng: 9 })
    await viewer.shows('two2', (view) => shownAt(view) === '9,9')
    await server.move('two2', 'cancelled')
    expect((await viewer.closing).code).toBe(4410)
  })

  test('the last watch taken off by the viewer itself closes nothing', async () => {
    await server.order('w1', { customer: 'c1', partner: 'dp1' })
    const viewer = await openViewer(server, ['w1'])
    viewer.send({ type: 'unwatch', order_id: 'w1' })
    viewer.send({ type: 'watch', order_id: 'w1' })
    await viewer.until('a second view', () => viewer.frames.filter(({ type }) => type === 'view').length === 2)
    viewer.close()
  })
})

describe('a hand-over', () => {
  test('ends the old rider’s socket, and blanks the marker for the customer who stays', async () => {
    await server.order('h1', { customer: 'c1', partner: 'old' })
    const customer = await openViewer(server, ['h1'])
    const rider = await openViewer(server, ['h1'], { role: 'DELIVERY_PARTNER', sub: 'old' })
    const ops = await openViewer(server, ['h1'], { role: 'INTERNAL_SERVICE', sub: 'desk' })
    await server.post('old', { order_id: 'h1', lat: 10, lng: 10 })
    for (const viewer of [customer, rider, ops]) await viewer.shows('h1', (view) => shownAt(view) === '10,10')

    await server.assign('h1', 'new')
    expect(await rider.closing).toEqual({ code: 4410, reason: 'revoked' })
    expect(rider.frames.at(-1)).toEqual({ type: 'end', order_id: 'h1', reason: 'revoked' })
    await customer.shows('h1', (view) => view.order?.timeline.length === 3)
    expect(shownAt(customer.view('h1'))).toBeUndefined()
    const handedOverAt = customer.frames.length

    // The old rider's app goes on for a while: refused at the door, as the order is no longer its own.
    expect((await server.post('old', { order_id: 'h1', lat: 10.001, lng: 10 })).status).toBe(404)
    const late = await openViewer(server, ['h1'])
    await late.shows('h1', (view) => view.order !== undefined)
    await server.post('new', { order_id: 'h1', lat: 20, lng: 20 })
    for (const viewer of [customer, ops, late]) await viewer.shows('h1', (view) => shownAt(view) === '20,20')
    for (const { position } of [...customer.frames.slice(handedOverAt), ...late.frames]) {
      if (position !== undefined) expect(position).toMatchObject({ lat: 20, lng: 20 })
    }
    for (const viewer of [customer, ops, late]) viewer.close()
  })

  test('the old rider may not open it again, the new one may', async () => {
    await expect(openViewer(server, ['h1'], { role: 'DELIVERY_PARTNER', sub: 'old' })).rejects.toThrow()
    const rider = await openViewer(server, ['h1'], { role: 'DELIVERY_PARTNER', sub: 'new' })
    await rider.shows('h1', (view) => shownAt(view) === '20,20')
    rider.close()
  })

  test('back to the first rider: its former position stays gone', async () => {
    await server.order('h2', { customer: 'c1', partner: 'p1' })
    const viewer = await openViewer(server, ['h2'])
    await server.post('p1', { order_id: 'h2', lat: 30, lng: 30 })
    await viewer.shows('h2', (view) => shownAt(view) === '30,30')
    await server.assign('h2', 'p2')
    await server.assign('h2', 'p1')
    await viewer.shows('h2', (view) => view.order?.timeline.length === 4)
    expect(shownAt(viewer.view('h2'))).toBeUndefined()
    const late = await openViewer(server, ['h2'])
    await late.shows('h2', (view) => view.order !== undefined)
    await server.post('p1', { order_id: 'h2', lat: 31, lng: 31 })
    await late.shows('h2', (view) => shownAt(view) === '31,31')
    expect(late.frames.some(({ position }) => position?.lat === 30)).toBe(false)
    viewer.close()
    late.close()
  })
})

describe('an order behind others', () => {
  test('the seventh of a rider is not visible until it comes nearer', async () => {
    const ids = Array.from({ length: 7 }, (_, i) => `q${i}`)
    for (const id of ids) await server.order(id, { customer: 'c1', partner: 'van' })
    const last = await openViewer(server, ['q6'])
    await last.shows('q6', (view) => view.order?.visible === false && view.order.stops_before === 6)
    const answer = await server.post('van', { order_id: 'q6', lat: 40, lng: 40 })
    expect(answer.body.results[0].code).toBe('no_visible_order')
    await server.move('q0', 'cancelled')
    await last.shows('q6', (view) => view.order?.visible === true && view.order.stops_before === 5)
    await server.post('van', { order_id: 'q6', lat: 41, lng: 41 })
    await last.shows('q6', (view) => shownAt(view) === '41,41')
    expect(last.frames.some(({ position }) => position?.lat === 40)).toBe(false)
    last.close()
  })
})

test('no viewer is left when all have gone', async () => {
  await eventually('no viewers', async () => (await server.metric('zlt_viewers')) === 0)
  expect(await server.metric('zlt_watched_orders')).toBe(0)
})
