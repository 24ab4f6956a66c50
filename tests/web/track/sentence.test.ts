import { describe, expect, test } from 'bun:test'
import type { OrderPart, PositionPart } from '../../../src/domain/view.ts'
import type { Tracking } from '../../../web/client/tracking.ts'
import { arrivalOf } from '../../../web/track/arrival.ts'
import { freshnessOf } from '../../../web/track/freshness.ts'
import { lateByMs, type Moment, sentenceOf, stateOf } from '../../../web/track/sentence.ts'

const minuteMs = 60_000
/** Noon of the place the test runs in, so that the times in sentences are known. */
const nowMs = new Date(2026, 4, 4, 12, 0).getTime()

const order: OrderPart = {
  rev: 5,
  status: 'picked_up',
  timeline: [
    { status: 'created', at_ms: nowMs - 30 * minuteMs },
    { status: 'assigned', at_ms: nowMs - 20 * minuteMs },
    { status: 'picked_up', at_ms: nowMs - 10 * minuteMs },
  ],
  assignment: 3,
  visible: true,
  stops_before: 0,
  pickup: { lat: 47.15, lng: 9.52, name: 'the bakery' },
  drop: { lat: 47.14, lng: 9.52 },
}

const position: PositionPart = {
  at: 1,
  rev: 5,
  assignment: 3,
  lat: 47.1464,
  lng: 9.52,
  timestamp: nowMs / 1_000,
  fix_time_ms: nowMs - 2_000,
  received_ms: nowMs - 2_000,
  motion: 'moving',
  since_ms: nowMs - minuteMs,
  stale_after_ms: 30_000,
}

type Change = { order?: Partial<OrderPart>; position?: Partial<PositionPart> | null; tracking?: Partial<Tracking> }

function moment(change: Change = {}): Moment {
  const view = {
    order_id: 'o1',
    epoch: 1,
    order: { ...order, ...change.order },
    ...(change.position !== null && { position: { ...position, ...change.position } }),
  }
  return { nowMs, tracking: { phase: 'live', online: true, heardAtMs: nowMs - 2_000, view, ...change.tracking } }
}

const eta = (fromMin: number, toMin: number) => ({
  earliest_ms: nowMs + fromMin * minuteMs,
  arrival_ms: nowMs + ((fromMin + toMin) / 2) * minuteMs,
  latest_ms: nowMs + toMin * minuteMs,
  source: 'route' as const,
})

const guess = (fromMin: number, toMin: number) => ({ ...eta(fromMin, toMin), source: 'estimate' as const })

const opening: Moment = { nowMs, tracking: { phase: 'opening', online: true } }

describe('the sentence', () => {
  const cases: [string, Change, string][] = [
    ['on_the_way', {}, 'On the way to you.'],
    ['stops_before', { order: { stops_before: 2 } }, 'Making 2 stops before yours.'],
    ['stops_before', { order: { stops_before: 1 } }, 'Making 1 stop before yours.'],
    ['no_rider', { order: { status: 'created', visible: false }, position: null }, 'once one is assigned.'],
    ['not_visible', { order: { visible: false, stops_before: 8 } }, 'once there are 5 stops or fewer before yours.'],
    ['not_seen_yet', { position: null }, 'Waiting for the first location.'],
    ['to_pickup', { order: { status: 'assigned' } }, 'On the way to the bakery to pick up your order.'],
    [
      'at_pickup',
      { order: { status: 'assigned' }, position: { motion: 'at_pickup', since_ms: nowMs - 5 * minuteMs } },
      'At the bakery since 11:55.',
    ],
    [
      'at_other_stop',
      { position: { motion: 'at_other_stop', since_ms: nowMs - 4 * minuteMs } },
      'At another stop since 11:56, yours comes next.',
    ],
    [
      'stops_before',
      { order: { stops_before: 2 }, position: { motion: 'at_other_stop', since_ms: nowMs - 4 * minuteMs } },
      'Making 2 stops before yours. At a stop since 11:56.',
    ],
    [
      'stops_before',
      { order: { stops_before: 2 }, position: { motion: 'waiting', since_ms: nowMs - 4 * minuteMs } },
      'Making 2 stops before yours. Standing still since 11:56.',
    ],
    ['waiting', { position: { motion: 'waiting', since_ms: nowMs - 3 * minuteMs } }, 'Standing still since 11:57.'],
    ['on_the_way', { position: { motion: 'waiting', since_ms: nowMs - 5_000 } }, 'On the way to you.'],
    [
      'catching_up',
      { position: { motion: 'catching_up', fix_time_ms: nowMs - 3 * minuteMs } },
      'Catching up after a gap, this is from 11:57.',
    ],
    [
      'nearby',
      { position: { arrival: 'nearby', motion: 'waiting', since_ms: nowMs - 2 * minuteMs } },
      'Your rider is close by. Standing still since 11:58.',
    ],
    [
      'late',
      {
        order: { promised_ms: nowMs + 2 * minuteMs },
        position: { eta: eta(5, 9), motion: 'waiting', since_ms: nowMs - 6 * minuteMs },
      },
      'Running about 5 minutes late. Standing still since 11:54.',
    ],
    ['nearby', { position: { arrival: 'nearby' } }, 'close by'],
    ['arriving', { position: { arrival: 'arriving' } }, 'almost there'],
    ['arrived', { position: { arrival: 'arrived' } }, 'at the door'],
    [
      'late',
      { order: { promised_ms: nowMs + 2 * minuteMs }, position: { eta: eta(5, 9) } },
      'Running about 5 minutes late.',
    ],
    [
      'stale',
      { position: { received_ms: nowMs - 3 * minuteMs } },
      'Signal lost 3 minutes ago, last seen 400\u00a0m from the bakery.',
    ],
    [
      'stale',
      {
        order: { pickup: undefined as never, drop: undefined as never },
        position: { received_ms: nowMs - 2 * minuteMs },
      },
      'Signal lost 2 minutes ago.',
    ],
    [
      'handed_over',
      { order: { assignment: 9, timeline: [...order.timeline, { status: 'assigned', at_ms: nowMs }] } },
      'Handed over to another rider.',
    ],
    [
      'handed_over',
      { order: { timeline: [...order.timeline, { status: 'assigned', at_ms: nowMs - 10_000 }] } },
      'Handed over to another rider.',
    ],
    [
      'on_the_way',
      { order: { timeline: [...order.timeline, { status: 'assigned', at_ms: nowMs - minuteMs }] } },
      'On the way to you.',
    ],
    ['stale', { position: { received_ms: nowMs - 40_000 } }, 'Signal lost less than a minute ago'],
    ['delivered', { order: { status: 'delivered', visible: false } }, 'Thank you'],
    ['cancelled', { order: { status: 'cancelled', visible: false } }, 'cancelled'],
    ['offline', { tracking: { online: false, phase: 'reconnecting' } }, 'You are offline, this is from 11:59.'],
    ['expired', { tracking: { phase: 'ended', endReason: 'revoked' } }, 'This link has ended.'],
    ['delivered', { tracking: { phase: 'ended', endReason: 'delivered' } }, 'Thank you'],
    ['refused', { tracking: { phase: 'refused' } }, 'expired or was never valid'],
  ]

  test.each(cases)('%s', (state, change, words) => {
    expect(stateOf(moment(change))).toBe(state as ReturnType<typeof stateOf>)
    expect(sentenceOf(moment(change))).toContain(words)
  })

  test('says nothing of an order it has not seen', () => {
    expect(stateOf(opening)).toBe('loading')
    expect(stateOf({ ...opening, tracking: { phase: 'opening', online: false } })).toBe('offline')
  })

  test('an order that nobody registered is on its way like any other', () => {
    const vouched = { rev: 0, timeline: [], pickup: undefined as never, drop: undefined as never }
    expect(stateOf(moment({ order: vouched }))).toBe('on_the_way')
    expect(sentenceOf(moment({ order: vouched }))).toBe('Follow your rider on the map.')
  })

  test('old truth comes before anything the old position says', () => {
    const change = { position: { arrival: 'arriving' as const, received_ms: nowMs - 5 * minuteMs } }
    expect(stateOf(moment(change))).toBe('stale')
  })
})

describe('lateness', () => {
  const late = (promisedMin: number, fromMin: number, toMin: number) =>
    lateByMs({ ...order, promised_ms: nowMs + promisedMin * minuteMs }, { ...position, eta: eta(fromMin, toMin) })

  test('is said only when even the early end is late, and by three minutes or more', () => {
    expect(late(10, 8, 30)).toBe(0)
    expect(late(10, 11, 13)).toBe(0)
    expect(late(10, 13, 15)).toBe(4 * minuteMs)
  })

  test('needs a promise and an estimate', () => {
    expect(lateByMs(order, { ...position, eta: eta(20, 30) })).toBe(0)
    expect(lateByMs({ ...order, promised_ms: nowMs }, position)).toBe(0)
  })
})

describe('the arrival', () => {
  const cases: [string, Change, string, string | undefined][] = [
    ['an estimate', { position: { eta: eta(8, 11) } }, '12:08 – 12:11', '8–11 min'],
    ['an estimate without a road', { position: { eta: guess(8, 11) } }, '12:08 – 12:11', 'about 8–11 min'],
    ['an earliest end that is over', { position: { eta: eta(-2, 8) } }, '12:01 – 12:08', '1–8 min'],
    ['under two minutes', { position: { eta: eta(1, 2) } }, 'Arriving', 'under 2 min'],
    ['almost there', { position: { arrival: 'arriving', eta: eta(3, 5) } }, 'Arriving', 'under 2 min'],
    ['at the door', { position: { arrival: 'arrived', eta: eta(1, 1) } }, 'Here', undefined],
    ['no estimate', {}, '700\u00a0m', 'away from you'],
    ['a promise', { order: { promised_ms: nowMs + 9 * minuteMs } }, '700\u00a0m', 'promised by 12:09'],
    ['metres on the road', { position: { remaining_m: 2_340 } }, '2.3\u00a0km', 'away from you'],
    ['stops before', { order: { stops_before: 2 } }, 'After 2 stops', undefined],
    ['nothing to measure by', { order: { drop: undefined as never } }, 'On the way', undefined],
    ['old truth', { position: { received_ms: nowMs - 5 * minuteMs, eta: eta(8, 11) } }, 'No signal', 'last seen 11:55'],
    ['many stops before', { order: { visible: false, stops_before: 6 } }, 'After 6 stops', undefined],
    ['no rider', { order: { status: 'created', visible: false }, position: null }, 'Getting ready', undefined],
    [
      'the end',
      { order: { status: 'delivered', timeline: [{ status: 'delivered', at_ms: nowMs }] } },
      'Delivered',
      'at 12:00',
    ],
  ]

  test.each(cases)('%s', (_, change, main, aside) => {
    const arrival = arrivalOf(moment(change))
    expect(arrival.main).toBe(main)
    expect(arrival.aside).toBe(aside as string)
  })

  test('is softer when it is guessed without a road', () => {
    expect(arrivalOf(moment({ position: { eta: guess(8, 11) } })).soft).toBe(true)
    expect(arrivalOf(moment({ position: { eta: eta(8, 11) } })).soft).toBeUndefined()
  })

  test('counts down between pushes', () => {
    const before = moment({ position: { eta: eta(8, 11), stale_after_ms: 10 * minuteMs } })
    expect(arrivalOf({ ...before, nowMs: nowMs + 3 * minuteMs }).aside).toBe('5–8 min')
    expect(arrivalOf({ ...before, nowMs: nowMs + 3 * minuteMs }).minutes).toBe(7)
  })

  test('a refused link says nothing of the order, even if it was seen before', () => {
    const arrival = arrivalOf(moment({ tracking: { phase: 'refused' } }))
    expect(arrival).toEqual({ label: 'Arrival', main: 'Link not valid' })
  })
})

describe('the freshness', () => {
  const text = (change: Change) => freshnessOf(moment(change), nowMs)

  test('counts from when the server received the fix', () => {
    expect(text({ position: { received_ms: nowMs - 7_000 } })).toEqual({ text: 'Live · updated 7 s ago', tone: 'live' })
    expect(text({ position: { received_ms: nowMs } })?.text).toBe('Live · updated just now')
  })

  test('is amber and in words when it is not live', () => {
    expect(text({ position: { received_ms: nowMs - 4 * minuteMs } })).toEqual({
      text: 'No signal for 4 min',
      tone: 'warn',
    })
    expect(text({ tracking: { phase: 'reconnecting', heardAtMs: nowMs - 12_000 } })).toEqual({
      text: 'Reconnecting · news from 12 s ago',
      tone: 'warn',
    })
    const backlog = { motion: 'catching_up', received_ms: nowMs, fix_time_ms: nowMs - 40_000 } as const
    expect(text({ position: backlog })).toEqual({ text: 'Live · seen 40 s ago', tone: 'warn' })
    expect(text({ tracking: { phase: 'reconnecting', online: false } })).toEqual({ text: 'Offline', tone: 'warn' })
  })

  test('is silent at the end', () => {
    expect(text({ order: { status: 'delivered' } })).toBeUndefined()
    expect(text({ tracking: { phase: 'refused' } })).toBeUndefined()
  })
})
