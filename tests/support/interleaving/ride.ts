/**
 * One ride folded twice: by an owner that never stops, and by owners that crash, come back with what was saved or with
 * nothing, and hand over to each other. Its engine answers one fix after it was asked.
 */

import { destination, type Point } from '../../../src/domain/geo'
import { encodeRecord, OURS } from '../../../src/domain/location-record'
import type { Order, OrderInput } from '../../../src/domain/order'
import { NO_PACE } from '../../../src/domain/pace'
import { encodePolyline } from '../../../src/domain/polyline'
import { pointAlong, prepareRoute } from '../../../src/domain/route'
import type { Track } from '../../../src/domain/track'
import type { RouteRequest, Trip } from '../../../src/domain/trip'
import { Partition } from '../../../src/fanout/partition'
import type { StoredRecord } from '../../../src/ports/log'
import { orderInHand, T0 } from '../rider'

/** One fix of the ride: so fast since the last, so long after it, so far off to that side. */
export interface Leg {
  mps: number
  afterS: number
  offM: number
  offDeg: number
  /** What happens to the owner before it. */
  event: 'nothing' | 'checkpoint' | 'crash' | 'crash without snapshots' | 'new owner' | 'new owner without snapshots'
}

const START: Point = { lat: 47.14, lng: 9.52 }
/** A way through a town, by streets that turn: 7.6 km, never by the same place twice. */
const TURNS: [deg: number, metres: number][] = [
  [0, 900],
  [90, 700],
  [0, 1_200],
  [60, 1_500],
  [150, 600],
  [80, 1_300],
  [10, 1_400],
]
const STREET = [START]
for (const [deg, metres] of TURNS) STREET.push(destination(STREET.at(-1) ?? START, deg, metres))
const LINE = { polyline: encodePolyline(STREET, 6), precision: 6 }
const ROUTE = prepareRoute(LINE)

/** An owner of one partition, and the engine's answers that are on their way to it. */
class Owner {
  readonly partition: Partition
  #asked: RouteRequest[] = []

  constructor(order: Order, hasEngine: boolean) {
    this.partition = new Partition({
      order: () => order,
      onDrop: (code) => {
        throw new Error(`dropped: ${code}`)
      },
      onPoison: (reason) => {
        throw new Error(`poison: ${reason}`)
      },
      onPosition() {},
      onBroken(_order, error) {
        throw error
      },
      knowledge: () => ({ pace: NO_PACE, hasEngine }),
      onRequest: (_id, request) => this.#asked.push(request),
    })
  }

  /** @param answers whether the engine's answers to what was asked before come now; a replay is too fast for them */
  take(stored: StoredRecord, answers: boolean): void {
    for (const { plan, from } of answers ? this.#asked.splice(0) : []) {
      this.partition.takeRoute('o1', plan, restOfStreet(from))
    }
    this.partition.take(this.partition.read([stored]), T0)
    this.partition.sawUpTo(stored.at)
  }

  get trip(): Trip | undefined {
    return this.partition.track('o1')?.trip
  }
}

/** The streets from a place on, as an engine draws them: it begins where the rider is. */
function restOfStreet(from: Point) {
  const places = Array.from({ length: Math.floor(ROUTE.lengthM / 10) }, (_, i) => i * 10)
  const nearest = places.reduce((best, alongM) =>
    flatM(pointAlong(ROUTE, alongM), from) < flatM(pointAlong(ROUTE, best), from) ? alongM : best,
  )
  const rest = STREET.filter((_, i) => (ROUTE.cumM[i] ?? 0) > nearest + 1)
  return { polyline: encodePolyline([pointAlong(ROUTE, nearest), ...rest], 6), precision: 6 }
}

function flatM(a: Point, b: Point): number {
  return Math.hypot(a.lat - b.lat, (a.lng - b.lng) * Math.cos((b.lat * Math.PI) / 180)) * 111_195
}

/** How both owners see the ride after one more fix. */
export interface Seen {
  /** Fixes that the second owner has folded since something happened to it. */
  since: number
  /** Whether the second owner has not seen all that the ride showed of its pace on the line. */
  lost: boolean
  steady: Trip
  stricken: Trip
  nowMs: number
}

/** Rides, and tells after each fix what both owners think. */
export function* rideTwice(line: 'caller' | 'engine', legs: readonly Leg[]): Generator<Seen> {
  const input: OrderInput = { drop: STREET.at(-1) as Point, vehicle: 'motorbike' }
  const order = orderInHand(line === 'caller' ? { ...input, route: LINE } : input)
  const open = () => new Owner(order, line === 'engine')
  const log: StoredRecord[] = []
  const [steady, saved] = [open(), new Map<string, string>()]
  let stricken = open()
  let [committed, since, lost, alongM, nowMs] = [0, 0, false, 0, T0]

  const checkpoint = () => {
    for (const { track } of stricken.partition.takeUnsaved(10)) saved.set(track.orderId, JSON.stringify(track))
    committed = stricken.partition.committable
  }
  const start = (forgets: boolean) => {
    if (forgets) saved.clear()
    if (forgets && committed > 0) lost = true
    stricken = open()
    since = 0
    const track = saved.get('o1')
    if (track !== undefined) stricken.partition.restore(JSON.parse(track) as Track)
    for (const stored of log) if (stored.at > committed) stricken.take(stored, false)
    // A request for the line went down with who had asked, and a replay is done before an answer comes: the pace that the
    // trip shows until then is lost too.
    if (stricken.trip?.road === undefined && steady.trip?.road !== undefined) lost = true
  }
  for (const leg of legs) {
    if (leg.event === 'checkpoint' || leg.event.startsWith('new owner')) checkpoint()
    if (leg.event.startsWith('crash') || leg.event.startsWith('new owner')) start(leg.event.endsWith('snapshots'))
    nowMs += leg.afterS * 1_000
    alongM = Math.min(ROUTE.lengthM, alongM + leg.mps * leg.afterS)
    const fix = { ...destination(pointAlong(ROUTE, alongM), leg.offDeg, leg.offM), id: `f${log.length}`, accuracy_m: 8 }
    const of = { partnerId: 'r1', orderId: 'o1', assignment: order.assignment, vouched: false }
    const value = encodeRecord({ ...fix, device_time_ms: nowMs }, { ...of, fixTimeMs: nowMs, receivedMs: nowMs + 100 })
    const stored = { at: log.length + 1, key: 'o1', value, headers: OURS, appendedMs: nowMs + 100 }
    log.push(stored)
    steady.take(stored, true)
    stricken.take(stored, true)
    since += 1
    if (steady.trip === undefined || stricken.trip === undefined) throw new Error('no trip')
    if ((steady.trip.road === undefined) !== (stricken.trip.road === undefined)) lost = true
    yield { since, lost, steady: steady.trip, stricken: stricken.trip, nowMs }
  }
}
