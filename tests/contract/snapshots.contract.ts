/** The contract of `Snapshots`: every MUST of `src/ports/snapshots.ts`, for any adapter. */

import { expect } from 'bun:test'
import { emptyTrack, type Track, type TrailPoint } from '../../src/domain/track.ts'
import { type Snapshots, TRAIL_MAX_POINTS } from '../../src/ports/snapshots.ts'
import { type ContractCase, describeCases, type Opened, type Skip } from './cases.ts'
import { fresh, numbered } from './recorder.ts'

export interface OpenedSnapshots extends Opened {
  snapshots: Snapshots
  /** Closes in good order and opens again on the same data. */
  reopen(): Promise<Snapshots>
}

type SnapshotsCase = ContractCase<OpenedSnapshots>

const PARTITION = 0

/** After any store began to keep trails: of an order assigned earlier it could not know whether it has the whole trail. */
const ASSIGNED_MS = Date.now() + 3_600_000

/** A track with something in every field, so that a careless copy shows. */
function trackAt(orderId: string, at: number): Track {
  const place = {
    at,
    id: 'fix:1',
    lat: 47.141_234_567_890_12,
    lng: -179.999_999_999,
    timeMs: 1_760_000_000_123.5,
    deviceTimeMs: 1_760_000_000_000,
    receivedMs: 1_760_000_000_131,
    accuracyM: 8.25,
    speedMps: 0,
    headingDeg: 359,
  }
  return {
    ...emptyTrack(orderId),
    at,
    assignment: ASSIGNED_MS,
    boundTo: 'dp1',
    last: place,
    lagMs: -3,
    lateRejects: [{ deviceTimeMs: 1, receivedMs: 2 }],
    jumpRejects: [place],
    intervalMs: 4_999,
    dropped: { late: 3, jump: 1 },
  }
}

function points(count: number, fromAt = 0): TrailPoint[] {
  return Array.from({ length: count }, (_, i) => {
    const at = fromAt + i
    return { at, lat: 47 + at / 1e5, lng: 9 + at / 3e5, timeMs: 1_760_000_000_000 + at * 1_000 }
  })
}

async function saveOne(snapshots: Snapshots, order: string, at: number, trail: TrailPoint[] = []): Promise<void> {
  await snapshots.save(PARTITION, [{ track: trackAt(order, at), trail }])
}

async function loadedTracks(snapshots: Snapshots, orders: readonly string[]): Promise<Map<string, Track>> {
  return (await snapshots.load(PARTITION, orders)) as Map<string, Track>
}

async function atOf(snapshots: Snapshots, order: string): Promise<number | undefined> {
  return (await loadedTracks(snapshots, [order])).get(order)?.at
}

export const SNAPSHOTS_CASES: readonly SnapshotsCase[] = [
  {
    name: 'an order that was never saved has no track, and an empty and complete trail',
    async run({ snapshots }) {
      const order = fresh('order')
      expect([...(await snapshots.load(PARTITION, [order]))]).toEqual([])
      expect([...(await snapshots.load(PARTITION, []))]).toEqual([])
      expect(await snapshots.trail(PARTITION, order)).toEqual({ points: [], complete: true })
      await snapshots.save(PARTITION, [])
    },
  },
  {
    name: 'a track is loaded as it was saved, after a restart too',
    async run({ snapshots, reopen }) {
      const order = fresh('order')
      const empty = emptyTrack(fresh('order'))
      await saveOne(snapshots, order, 7)
      await snapshots.save(PARTITION, [{ track: empty, trail: [] }])
      const expected = new Map([
        [order, trackAt(order, 7)],
        [empty.orderId, empty],
      ])
      const orders = [order, empty.orderId]
      expect(await snapshots.load(PARTITION, orders)).toEqual(expected)
      expect(await (await reopen()).load(PARTITION, orders)).toEqual(expected)
    },
  },
  {
    name: 'one load answers all orders asked for, and no other',
    async run({ snapshots }) {
      const orders = numbered(500, fresh('order'))
      await snapshots.save(
        PARTITION,
        orders.map((order, i) => ({ track: trackAt(order, i), trail: [] })),
      )
      const asked = [...orders.slice(100), fresh('never')]
      const loaded = await loadedTracks(snapshots, asked)
      expect([...loaded.values()].map(({ at }) => at).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 400 }, (_, i) => i + 100),
      )
      expect([...loaded].every(([order, track]) => track.orderId === order)).toBe(true)
    },
  },
  {
    name: 'a higher at replaces a track, a lower one never does',
    async run({ snapshots, reopen }) {
      const order = fresh('order')
      await saveOne(snapshots, order, 9)
      await saveOne(snapshots, order, 100)
      await saveOne(snapshots, order, 99)
      expect(await atOf(snapshots, order)).toBe(100)
      const again = await reopen()
      await Promise.all([101, 103, 102, 20].map((at) => saveOne(again, order, at)))
      expect(await atOf(again, order)).toBe(103)
    },
  },
  {
    name: 'the points of a save with a lower at still count',
    async run({ snapshots }) {
      const order = fresh('order')
      await saveOne(snapshots, order, 10, points(2, 9))
      await saveOne(snapshots, order, 8, points(2, 7))
      expect((await snapshots.trail(PARTITION, order)).points).toEqual(points(4, 7))
    },
  },
  {
    name: 'a trail is oldest first by fix time, its values as given',
    async run({ snapshots, reopen }) {
      const order = fresh('order')
      const late = { at: 5, lat: -89.999_999_999_9, lng: 0.1 + 0.2, timeMs: 1_759_999_999_999.5 }
      await saveOne(snapshots, order, 5, [...points(4, 1), late])
      const expected = { points: [late, ...points(4, 1)], complete: true }
      expect(await snapshots.trail(PARTITION, order)).toEqual(expected)
      expect(await (await reopen()).trail(PARTITION, order)).toEqual(expected)
    },
  },
  {
    name: 'saving points again adds nothing',
    async run({ snapshots, reopen }) {
      const order = fresh('order')
      await saveOne(snapshots, order, 5, points(6))
      await saveOne(snapshots, order, 5, points(6))
      const again = await reopen()
      await saveOne(again, order, 8, points(9))
      expect(await again.trail(PARTITION, order)).toEqual({ points: points(9), complete: true })
    },
  },
  {
    name: 'a long trail saved again is not thinned',
    async run({ snapshots }) {
      const order = fresh('order')
      const trail = points(TRAIL_MAX_POINTS)
      for (let i = 0; i < 3; i++) await saveOne(snapshots, order, trail.length, trail)
      expect(await snapshots.trail(PARTITION, order)).toEqual({ points: trail, complete: true })
    },
  },
  {
    name: 'a trail over the limit is thinned, keeps its newest point, and says so for ever',
    async run({ snapshots, reopen }) {
      const order = fresh('order')
      const all = points(TRAIL_MAX_POINTS + 1)
      await saveOne(snapshots, order, 1, all.slice(0, 4_000))
      await saveOne(snapshots, order, 2, all.slice(4_000))
      const thinned = await snapshots.trail(PARTITION, order)
      expect(thinned.complete).toBe(false)
      expect(thinned.points.length).toBeLessThanOrEqual(TRAIL_MAX_POINTS)
      expect(thinned.points.length).toBeGreaterThanOrEqual(TRAIL_MAX_POINTS / 2)
      expect(thinned.points.at(-1)).toEqual(all.at(-1) as TrailPoint)
      const kept = new Set(thinned.points.map(({ at }) => at))
      // Evenly: of any two neighbours one is left.
      expect(all.slice(1).every(({ at }) => kept.has(at) || kept.has(at - 1))).toBe(true)
      const again = await reopen()
      await saveOne(again, order, 3, points(1, all.length))
      const later = await again.trail(PARTITION, order)
      expect([later.complete, later.points.length]).toEqual([false, thinned.points.length + 1])
    },
  },
  {
    name: 'however much is saved at once, a trail stays within the limit',
    async run({ snapshots }) {
      const order = fresh('order')
      const all = points(3 * TRAIL_MAX_POINTS)
      await saveOne(snapshots, order, 1, all)
      const trail = await snapshots.trail(PARTITION, order)
      expect(trail.points.length).toBeLessThanOrEqual(TRAIL_MAX_POINTS)
      expect(trail.points.length).toBeGreaterThan(TRAIL_MAX_POINTS / 4)
      expect([trail.complete, trail.points.at(-1)?.at]).toEqual([false, all.length - 1])
    },
  },
  {
    name: 'a dropped order is forgotten at once, and its id starts anew',
    async run({ snapshots, reopen }) {
      const [order, other] = [fresh('order'), fresh('order')]
      await saveOne(snapshots, order, 9_000, points(TRAIL_MAX_POINTS + 1))
      await saveOne(snapshots, other, 3, points(1))
      await snapshots.drop(PARTITION, order)
      await snapshots.drop(PARTITION, fresh('never'))
      expect(await atOf(snapshots, order)).toBeUndefined()
      expect(await snapshots.trail(PARTITION, order)).toEqual({ points: [], complete: true })
      await saveOne(snapshots, order, 2, points(2))
      const again = await reopen()
      expect([await atOf(again, order), await atOf(again, other)]).toEqual([2, 3])
      expect(await again.trail(PARTITION, order)).toEqual({ points: points(2), complete: true })
      expect(await again.trail(PARTITION, other)).toEqual({ points: points(1), complete: true })
    },
  },
  {
    name: 'learned pace is as it was saved last, after a restart too, and apart for each partition',
    async run({ snapshots, reopen }) {
      expect(await snapshots.loadPace(PARTITION + 7)).toBeUndefined()
      const times = { w2: { trips: 3, bias: -0.125 } }
      const car = {
        trips: 3,
        metres: 9_000.5,
        seconds: 1_800,
        bias: 0.1,
        spread: 0.25,
        roughness: 0.5,
        times,
        cells: {},
      }
      await snapshots.savePace(PARTITION, { vehicles: {} })
      await snapshots.savePace(PARTITION, { vehicles: { car } })
      expect(await (await reopen()).loadPace(PARTITION)).toEqual({ vehicles: { car } })
    },
  },
]

/** Runs the contract on what `open` opens, afresh for each case; cases use orders of their own. */
export function describeSnapshotsContract(
  name: string,
  open: () => Promise<OpenedSnapshots>,
  options: { skip?: readonly Skip[] } = {},
): void {
  describeCases(`${name} keep the contract of Snapshots`, SNAPSHOTS_CASES, open, options.skip)
}
