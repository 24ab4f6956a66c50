/** Small generators for the tracker's tests: a rider who drives straight on, and a tracker that folds what it sends. */

import type { Fix } from '../../src/domain/fix'
import { correctTimes } from '../../src/domain/fix-times'
import { type Folded, fold } from '../../src/domain/fold'
import { destination, type Point } from '../../src/domain/geo'
import { encodeRecord, type LocationRecord, parseRecord } from '../../src/domain/location-record'
import { assignOrder, createOrder, moveOrder, type Order, type OrderInput, replan } from '../../src/domain/order'
import { type DropCode, emptyTrack, type Track } from '../../src/domain/track'

/** When the tests' orders are assigned. */
export const T0 = 1_760_000_000_000
const START: Point = { lat: 47.14, lng: 9.52 }

/** Where a rider is `seconds` after `T0`, driving north-east at 10 m/s. */
export function placeAfter(seconds: number, speedMps = 10): Point {
  return destination(START, 45, seconds * speedMps)
}

/** An order in hand of `r1`, assigned at `T0`. */
export function orderInHand(input: OrderInput = {}): Order {
  const assigned = legal(assignOrder(createOrder('o1', input, T0 - 60_000), 'r1', T0))
  return legal(moveOrder(replan([assigned], T0)[0] ?? assigned, 'picked_up', T0))
}

/** The order, or an error when the move was illegal. */
export function legal(order: Order | 'illegal'): Order {
  if (order === 'illegal') throw new Error('illegal move')
  return order
}

/** A fix made at `madeMs` by a good clock; the phone says `madeMs + clockMs`. */
export interface Made {
  madeMs: number
  fix: Fix
}

let fixCount = 0

/** One fix per `everyMs` of a rider who drives straight on. */
export function drive(from: {
  fromMs: number
  count: number
  everyMs?: number
  clockMs?: number
  speedMps?: number
}): Made[] {
  const { fromMs, count, everyMs = 1_000, clockMs = 0, speedMps } = from
  return Array.from({ length: count }, (_, i) => {
    const madeMs = fromMs + i * everyMs
    const { lat, lng } = placeAfter((madeMs - T0) / 1000, speedMps)
    fixCount += 1
    return { madeMs, fix: { lat, lng, device_time_ms: madeMs + clockMs, accuracy_m: 8, id: `f${fixCount}` } }
  })
}

/** The same fix elsewhere: `awayM` metres to the west. */
export function away(made: Made, awayM: number): Made {
  return { ...made, fix: { ...made.fix, ...destination(made.fix, 270, awayM) } }
}

/** One fix of a rider who drives straight on, with some fields said otherwise. */
export function one(fromMs: number, more: Partial<Fix> = {}): Made {
  const [made] = drive({ fromMs, count: 1 })
  if (made === undefined) throw new Error('no fix')
  return { ...made, fix: { ...made.fix, ...more } }
}

/** Records of one request, as ingest would write them. */
export function request(
  made: readonly Made[],
  receivedMs: number,
  of: { assignment?: number; partnerId?: string; vouched?: boolean } = {},
): LocationRecord[] {
  const { assignment = T0, partnerId = 'r1', vouched = false } = of
  const { fixTimesMs } = correctTimes(
    made.map(({ fix }) => fix.device_time_ms),
    receivedMs,
  )
  return made.flatMap(({ fix }, i) => {
    const fixTimeMs = fixTimesMs[i]
    if (fixTimeMs === undefined) return []
    const value = encodeRecord(fix, { partnerId, orderId: 'o1', assignment, vouched, fixTimeMs, receivedMs })
    return [parseRecord(value, true, receivedMs) as LocationRecord]
  })
}

/** Folds requests one after the other, as the owner of the partition would. */
export class Tracker {
  track: Track = emptyTrack('o1')
  /** What became of each record, oldest first: `position`, `set_aside`, `seen` or the drop code. */
  readonly outcomes: (DropCode | 'position' | 'set_aside' | 'seen')[] = []
  /** When each shown position was made, by a good clock. */
  readonly shownMs: number[] = []
  #at = 0

  constructor(public order: Order | undefined = orderInHand()) {}

  take(records: readonly LocationRecord[]): this {
    for (const record of records) {
      this.#at += 1
      this.note(fold(this.track, this.order, record, this.#at))
    }
    return this
  }

  /** Sends each fix in a request of its own, received `delayMs` after it was made. */
  live(made: readonly Made[], delayMs = 100): this {
    for (const one of made) this.send([one], one.madeMs + delayMs)
    return this
  }

  /** Sends fixes in one request. */
  send(made: readonly Made[], receivedMs: number): this {
    for (const record of request(made, receivedMs)) {
      const before = this.shownMs.length
      this.take([record])
      const source = made.find(({ fix }) => fix.id === record.id)
      if (this.outcomes.at(-1) === 'position' && source !== undefined) this.shownMs[before] = source.madeMs
    }
    return this
  }

  note(folded: Folded): void {
    this.track = folded.track
    this.outcomes.push(folded.kind === 'dropped' ? folded.code : folded.kind)
  }

  get last(): DropCode | 'position' | 'set_aside' | 'seen' | undefined {
    return this.outcomes.at(-1)
  }

  count(code: DropCode): number {
    return this.track.dropped[code] ?? 0
  }

  /** The first shown position that was made before the one shown ahead of it; undefined when the marker only went on. */
  wentBack(): number | undefined {
    return this.shownMs.find((madeMs, i) => i > 0 && madeMs < (this.shownMs[i - 1] ?? 0))
  }
}
