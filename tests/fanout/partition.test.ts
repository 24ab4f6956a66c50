import { beforeEach, describe, expect, test } from 'bun:test'
import { OURS, type PoisonReason } from '../../src/domain/location-record'
import { assignOrder, type Order } from '../../src/domain/order'
import type { DropCode, Track } from '../../src/domain/track'
import { ASIDE_MAX_AGE_MS, MAX_ASIDE, Partition } from '../../src/fanout/partition'
import type { StoredRecord } from '../../src/ports/log'
import { type Saved, TRAIL_MAX_POINTS } from '../../src/ports/snapshots'
import { drive, legal, orderInHand, request, T0 } from '../support/rider'

const EARLY = orderInHand()
const LATER = legal(assignOrder(EARLY, 'r2', T0 + 60_000))

let table: Map<string, Order>
let drops: DropCode[]
let poison: PoisonReason[]
let positions: number
let partition: Partition

beforeEach(() => {
  table = new Map([['o1', EARLY]])
  drops = []
  poison = []
  positions = 0
  partition = open()
})

function open(): Partition {
  return new Partition({
    order: (id) => table.get(id),
    onDrop: (code) => void drops.push(code),
    onPoison: (reason) => void poison.push(reason),
    onBroken: (_order, error) => {
      throw error
    },
    onPosition: () => {
      positions += 1
    },
  })
}

/** One record of `o1` as stored, sent at `T0 + seconds`, by the rider of `order`. */
function stored(at: number, seconds: number, order = EARLY): StoredRecord {
  const fromMs = T0 + seconds * 1_000
  const [record] = request(drive({ fromMs, count: 1 }), fromMs + 100, {
    assignment: order.assignment,
    partnerId: order.partner_id ?? '',
  })
  return { at, key: 'o1', value: JSON.stringify(record), headers: OURS, appendedMs: fromMs + 100 }
}

function take(records: StoredRecord[], nowMs = T0 + 70_000): Set<string> {
  const moved = partition.take(partition.read(records), nowMs)
  partition.sawUpTo(records.at(-1)?.at ?? -1)
  return moved
}

/** Registers the hand-over and tells the partition. */
function handOver(nowMs = T0 + 71_000): boolean {
  table.set('o1', LATER)
  return partition.orderChanged('o1', nowMs)
}

const lastAt = (track: Track | undefined) => track?.last?.at

describe('reading', () => {
  test('reports poison and goes on behind it', () => {
    const good = stored(3, 1)
    const bad: StoredRecord[] = [
      { ...good, at: 1, value: '{' },
      { ...good, at: 2, value: null },
    ]
    expect(take([...bad, good])).toEqual(new Set(['o1']))
    expect(poison).toEqual(['bad_json', 'null_value'])
    expect(partition.committable).toBe(3)
  })

  test('takes another program’s record, told by its missing header', () => {
    const value = JSON.stringify({ partner_id: 'r1', order_id: 'o1', lat: 47.14, lng: 9.52, timestamp: T0 / 1000 })
    take([{ at: 1, key: 'o1', value, headers: {}, appendedMs: T0 + 100 }])
    expect(partition.track('o1')?.last).toMatchObject({ at: 1, receivedMs: T0 + 100 })
  })

  test('names the orders whose track is not in memory, each once', () => {
    const records = partition.read([stored(1, 1), stored(2, 2)])
    expect(partition.unknownOf(records)).toEqual(['o1'])
    partition.take(records, T0)
    expect(partition.unknownOf(records)).toEqual([])
  })
})

describe('folding', () => {
  test('moves an order once a batch, counts each position and each drop', () => {
    expect(take([stored(1, 1), stored(2, 3), stored(3, 2)])).toEqual(new Set(['o1']))
    expect([positions, drops]).toEqual([2, ['late']])
    expect(take([stored(4, 1)])).toEqual(new Set())
  })

  test('skips what a restored track has seen, and keeps a track that is here already', () => {
    take([stored(1, 1), stored(2, 2)])
    const saved = partition.track('o1')
    if (saved === undefined) throw new Error('no track')
    partition = open()
    partition.restore(saved)
    expect(take([stored(1, 1), stored(2, 2)])).toEqual(new Set())
    expect(drops).toEqual([])
    partition.restore({ ...saved, at: 99 })
    expect(partition.track('o1')?.at).toBe(2)
  })
})

describe('what waits for the next save', () => {
  test('is bounded, keeps its newest point, and is still more than a trail may have', () => {
    const count = 3 * TRAIL_MAX_POINTS
    // Late ones belong to the trail too, and are quick to make.
    take(Array.from({ length: count }, (_, i) => stored(i + 1, 60 - i / count)))
    const [saved] = partition.takeUnsaved(1)
    expect(saved?.trail.at(-1)?.at).toBe(count)
    expect(saved?.trail.length).toBeGreaterThan(TRAIL_MAX_POINTS)
    expect(saved?.trail.length).toBeLessThanOrEqual(2 * TRAIL_MAX_POINTS)
    partition.unsave([saved as Saved, saved as Saved])
    expect(partition.takeUnsaved(1)[0]?.trail.length).toBeLessThanOrEqual(2 * TRAIL_MAX_POINTS)
  })
})

describe('records set aside', () => {
  test('are folded when the table knows their assignment, before any newer one', () => {
    expect(take([stored(1, 61, LATER), stored(2, 62, LATER)])).toEqual(new Set())
    expect(partition.asideCount).toBe(2)
    table.set('o1', LATER)
    expect(take([stored(3, 63, LATER)])).toEqual(new Set())
    expect(partition.orderChanged('o1', T0 + 71_000)).toBe(true)
    expect(lastAt(partition.track('o1'))).toBe(3)
    expect([positions, drops, partition.asideCount]).toEqual([3, [], 0])
  })

  test('hold the commit back below the first of them', () => {
    take([stored(4, 50)])
    take([stored(5, 61, LATER), stored(6, 62, LATER)])
    expect(partition.committable).toBe(4)
    handOver()
    expect(partition.committable).toBe(6)
  })

  test('are given up after five seconds, counted, and let the commit go on', () => {
    take([stored(4, 50), stored(5, 61, LATER)], T0 + 70_000)
    expect(partition.tick(T0 + 70_000 + ASIDE_MAX_AGE_MS - 1)).toEqual(new Set())
    expect(partition.committable).toBe(4)
    partition.tick(T0 + 70_000 + ASIDE_MAX_AGE_MS)
    expect(drops).toEqual(['assignment_unknown'])
    expect(partition.track('o1')?.dropped).toEqual({ assignment_unknown: 1 })
    expect(partition.committable).toBe(5)
  })

  test('keep their age when the order changes in another way', () => {
    take([stored(5, 61, LATER)], T0 + 70_000)
    table.set('o1', { ...EARLY, rev: EARLY.rev + 1 })
    partition.orderChanged('o1', T0 + 74_000)
    partition.tick(T0 + 75_000)
    expect(drops).toEqual(['assignment_unknown'])
  })

  test('take only themselves along when they are given up', () => {
    take([stored(5, 61, LATER)], T0 + 70_000)
    // Of another rider, so it could have been folded at once, had nothing waited before it.
    table.set('o1', LATER)
    take([stored(6, 62, LATER)], T0 + 72_000)
    expect(partition.tick(T0 + 75_000)).toEqual(new Set(['o1']))
    expect(lastAt(partition.track('o1'))).toBe(6)
    expect(drops).toEqual([])
  })

  test('close the assignments below them, even when given up', () => {
    take([stored(4, 59), stored(5, 61, LATER)], T0 + 70_000)
    expect(lastAt(partition.track('o1'))).toBe(4)
    take([stored(6, 62)], T0 + 71_000)
    expect(partition.tick(T0 + 75_000)).toEqual(new Set())
    expect(drops).toEqual(['assignment_unknown', 'handed_over'])
    expect(partition.track('o1')).toMatchObject({ assignment: LATER.assignment })
    expect(lastAt(partition.track('o1'))).toBeUndefined()
  })

  test(`are at most ${MAX_ASIDE} an order, the oldest goes`, () => {
    const records = Array.from({ length: MAX_ASIDE + 3 }, (_, i) => stored(10 + i, 61 + i, LATER))
    take(records)
    expect(partition.asideCount).toBe(MAX_ASIDE)
    expect(drops).toEqual(Array(3).fill('assignment_unknown'))
    expect(partition.committable).toBe(12)
    handOver()
    expect(lastAt(partition.track('o1'))).toBe(10 + MAX_ASIDE + 2)
  })

  test('pushed out by what came behind them, let that be folded', () => {
    take([stored(5, 61, LATER)])
    const behind = Array.from({ length: MAX_ASIDE }, (_, i) => stored(6 + i, 62 + i))
    expect(take(behind)).toEqual(new Set())
    expect(partition.asideCount).toBe(0)
    expect(drops).toEqual(['assignment_unknown', ...Array(MAX_ASIDE).fill('handed_over')])
  })

  test('of one order do not hold back another', () => {
    table.set('o2', { ...EARLY, id: 'o2' })
    const other = stored(6, 62)
    const value = other.value?.replace('"o1"', '"o2"') ?? null
    expect(take([stored(5, 61, LATER), { ...other, key: 'o2', value }])).toEqual(new Set(['o2']))
    expect(partition.committable).toBe(4)
  })
})

describe('checkpoints', () => {
  test('nothing can be committed before a record was seen', () => {
    expect(partition.committable).toBe(-1)
    take([{ ...stored(0, 1), value: '{' }])
    expect(partition.committable).toBe(0)
  })

  test('save what changed, once, with the new trail points', () => {
    take([stored(1, 1), stored(2, 3), stored(3, 2)])
    const [saved, ...rest] = partition.takeUnsaved(10)
    expect(rest).toEqual([])
    expect(saved?.track).toBe(partition.track('o1') as Track)
    expect(saved?.trail.map(({ at }) => at)).toEqual([1, 2, 3])
    expect(partition.takeUnsaved(10)).toEqual([])
    take([stored(4, 4)])
    expect(partition.takeUnsaved(10)[0]?.trail.map(({ at }) => at)).toEqual([4])
  })

  test('that fail are taken up again, older points first', () => {
    take([stored(1, 1)])
    const saved = partition.takeUnsaved(10)
    take([stored(2, 2)])
    partition.unsave(saved)
    expect(partition.takeUnsaved(10)[0]?.trail.map(({ at }) => at)).toEqual([1, 2])
  })

  test('go slice by slice', () => {
    table.set('o2', { ...EARLY, id: 'o2' })
    const other = stored(2, 2)
    take([stored(1, 1), { ...other, value: other.value?.replace('"o1"', '"o2"') ?? null }])
    expect(partition.takeUnsaved(1).length).toBe(1)
    expect(partition.takeUnsaved(1).length).toBe(1)
    expect(partition.takeUnsaved(1).length).toBe(0)
  })

  test('never save a forgotten order', () => {
    take([stored(1, 1), stored(2, 61, LATER)])
    const saved = partition.takeUnsaved(10)
    take([stored(3, 61, LATER)])
    partition.forget('o1')
    partition.unsave(saved)
    expect([partition.takeUnsaved(10), partition.asideCount, partition.trackCount]).toEqual([[], 0, 0])
    expect(partition.committable).toBe(3)
    take([stored(4, 4)])
    expect(partition.takeUnsaved(10)[0]?.trail.map(({ at }) => at)).toEqual([4])
  })

  test('let go only what is saved, not waiting and not needed', () => {
    take([stored(1, 1)])
    partition.evict(() => false)
    expect(partition.trackCount).toBe(1)
    partition.takeUnsaved(10)
    partition.evict(() => true)
    expect(partition.trackCount).toBe(1)
    take([stored(2, 61, LATER)])
    partition.evict(() => false)
    expect(partition.trackCount).toBe(1)
    handOver()
    partition.takeUnsaved(10)
    partition.evict(() => false)
    expect(partition.trackCount).toBe(0)
  })
})
