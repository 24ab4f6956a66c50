import { beforeEach, describe, expect, test } from 'bun:test'
import type { Order } from '../../src/domain/order.ts'
import { emptyTrack, type Track } from '../../src/domain/track.ts'
import { PositionRouter } from '../../src/fanout/position-router.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Mail, Message, PositionMessage } from '../../src/ports/mail.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { type Metres, place } from '../domain/generated-ride.ts'
import { lineThrough, orderTo, Way, WITH_ENGINE } from '../support/way.ts'

const DROP: Metres = [3_000, 0]
const OTHER: Metres = [1_500, 400]
const LINES = [lineThrough([0, 0], DROP), lineThrough([0, 0], [400, 200], DROP)] as const

let sent: { to: string; messages: readonly Message[] }[]
let orders: OrderTable
let router: PositionRouter
beforeEach(() => {
  sent = []
  orders = new OrderTable()
  const mail = { send: (to: string, messages: readonly Message[]) => sent.push({ to, messages }) } as unknown as Mail
  router = new PositionRouter({ mail, orders, access: new AccessTable(), metrics: new Metrics(), now: Date.now })
})

/** The track of a rider 400 m on the way, with that line under it. */
function trackOn(line: (typeof LINES)[number] | undefined, order: Order = orderTo(DROP)): Track {
  orders.apply(order.id, JSON.stringify(order))
  const way = new Way(order, WITH_ENGINE).ride([
    [0, 0],
    [400, 0],
  ])
  if (line !== undefined) way.answer(line)
  if (way.last === undefined) throw new Error('no place')
  return { ...emptyTrack(order.id), at: 1, assignment: order.assignment, last: way.last, trip: way.now }
}

/** What was sent to a node of late. */
function to(node: string): PositionMessage[] {
  router.flush()
  const messages = sent.filter((mail) => mail.to === node).flatMap((mail) => mail.messages as PositionMessage[])
  sent = []
  return messages
}

const linesOf = (messages: PositionMessage[]) =>
  messages.map(({ routeJson }) => (routeJson === undefined ? 'none' : JSON.parse(routeJson).polyline))

describe('a node that watches', () => {
  test('gets a line once, with the position that names it, and again when it is another', () => {
    router.watchers.add('o1', 'n1', ['customer'])
    const [first, second] = [trackOn(LINES[0]), trackOn(LINES[1])]
    const told = [first, first, second, second, first].flatMap((track) => {
      router.route(track)
      return to('n1')
    })
    const [a, b] = LINES.map(({ polyline }) => polyline)
    expect(linesOf(told)).toEqual([a, 'none', b, 'none', a])
    for (const { json, routeId } of told) expect(JSON.parse(json ?? '{}').route_id).toBe(routeId)
    expect(JSON.parse(told[0]?.routeJson ?? '{}')).toEqual({ id: told[0]?.routeId, ...LINES[0] })
  })

  test('for several audiences gets it once', () => {
    router.watchers.add('o1', 'n1', ['customer', 'ops'])
    router.route(trackOn(LINES[0]))
    expect(linesOf(to('n1'))).toEqual([LINES[0].polyline, 'none'])
  })

  test('and each node its own', () => {
    for (const node of ['n1', 'n2']) router.watchers.add('o1', node, ['customer'])
    router.route(trackOn(LINES[0]))
    router.flush()
    const mail = sent
    for (const node of ['n1', 'n2']) {
      sent = mail
      expect(linesOf(to(node))).toEqual([LINES[0].polyline])
    }
  })

  test('gets it again when it watches anew: it may have lost it', () => {
    const track = trackOn(LINES[0])
    for (let i = 0; i < 2; i++) {
      router.watchers.add('o1', 'n1', ['customer'])
      router.answer('n1', 'o1', track)
      expect(linesOf(to('n1'))).toEqual([LINES[0].polyline])
    }
  })

  test('gets none without a line, and none for a customer whose turn is not next', () => {
    router.watchers.add('o1', 'n1', ['customer'])
    router.route(trackOn(undefined))
    router.route(trackOn(LINES[0], orderTo(DROP, {}, { before: [place(OTHER)], stops_before: 1 })))
    const told = to('n1')
    expect(linesOf(told)).toEqual(['none', 'none'])
    for (const message of told) expect(message).not.toHaveProperty('routeId')
  })

  test('as ops gets the line that a customer on the same node does not', () => {
    router.watchers.add('o1', 'n1', ['customer', 'ops'])
    router.route(trackOn(LINES[0], orderTo(DROP, {}, { before: [place(OTHER)], stops_before: 1 })))
    expect(to('n1').map(({ audience, routeJson }) => [audience, routeJson !== undefined])).toEqual([
      ['customer', false],
      ['ops', true],
    ])
  })

  test('is answered that there is nothing, when there is', () => {
    router.watchers.add('o1', 'n1', ['customer'])
    router.answer('n1', 'o1', undefined)
    expect(to('n1')).toMatchObject([{ at: -1, json: null }])
    router.answer('n2', 'o1', trackOn(LINES[0]))
    expect(to('n2')).toEqual([])
  })
})

test('all messages of a batch leave as one entry a node', () => {
  router.watchers.add('o1', 'n1', ['customer'])
  const track = trackOn(LINES[0])
  for (let i = 0; i < 3; i++) router.route(track)
  router.flush()
  router.flush()
  expect(sent.map(({ to: node, messages }) => [node, messages.length])).toEqual([['n1', 3]])
})
