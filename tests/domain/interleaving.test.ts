/**
 * The one property that the versions stand on: whatever happens in whatever sequence, as long as each source keeps its
 * own order, no viewer is ever shown less or another rider, and in the end all are shown the same.
 */

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { estimateRoad } from '../../src/domain/road'
import type { Trip } from '../../src/domain/trip'
import { BUGS } from '../support/interleaving/bugs'
import { type Leg, rideTwice, type Seen } from '../support/interleaving/ride'
import { REAL, type Seams } from '../support/interleaving/seams'
import { deliverAll, finish, inWords, live, STEP_KINDS, type Step } from '../support/interleaving/steps'
import { World } from '../support/interleaving/world'

const RUNS = 2_500
/** A planted bug must show within so many runs. */
const BUG_RUNS = 4_000
const BUG_SEED = 20_260

const detail = fc.nat({ max: 255 })
const step: fc.Arbitrary<Step> = fc.tuple(fc.nat({ max: STEP_KINDS - 1 }), detail, detail)
const steps = fc.array(step, { minLength: 1, maxLength: 240, size: 'max' })

function property(seams: Seams, counts = new Map<string, number>()) {
  return fc.property(steps, (list) => {
    for (const [what, n] of live(list, seams).counts) counts.set(what, (counts.get(what) ?? 0) + n)
  })
}

test('for every interleaving: no view goes back, none shows another rider, and all end equal', () => {
  const counts = new Map<string, number>()
  const { failed, seed, counterexample, errorInstance } = fc.check(property(REAL, counts), { numRuns: RUNS })
  const why = failed ? `seed ${seed}: ${errorInstance}\n${inWords(counterexample?.[0] ?? [])}` : ''
  expect(why).toBe('')
  // The runs must have been about something.
  const ways = { requests: 2_000, lines: 1_000, 'lines too late': 500, 'lines sent': 1_000, 'end: line': 200 }
  const least = { ...ways, positions: 5_000, shown: 5_000, 'end: newest': 1_000, 'end: nothing': 1_000 }
  for (const [what, n] of Object.entries(least)) expect([what, (counts.get(what) ?? 0) > n]).toEqual([what, true])
  for (const code of ['handed_over', 'ended', 'jump', 'late', 'inaccurate', 'assignment_unknown', 'wrong_partner']) {
    expect([code, counts.has(`drop ${code}`)]).toEqual([code, true])
  }
}, 120_000)

test('a hand-over that an owner hears of only by a record it gives up is one for all views', () => {
  // Too rare for chance: the log has the new rider before the old one, and the owner that folds them is 6 s behind.
  const world = new World(REAL)
  const [first, second] = world.nodes
  const [ahead, behind] = world.ingests
  if (!first || !second || !ahead || !behind) throw new Error('the world is too small')
  world.changeOwner(first, 'crashes')
  const page = world.openPage(first, 'o1', 'customer')
  world.sendFix('r1', behind, 'clean', { orderId: 'o1' })
  world.owner?.step(1)
  deliverAll(world)
  expect(page?.shown?.id).toBe('r1.1')

  world.nowMs += 20_000
  world.facts.assign('o1', 'r2', world.nowMs)
  world.facts.publish(0, false)
  ahead.read(1)
  world.sendFix('r2', ahead, 'clean', { orderId: 'o1' })
  world.nowMs += 1_000
  world.sendFix('r1', behind, 'clean', { orderId: 'o1' })
  world.owner?.step(2)
  world.nowMs += 6_000
  world.owner?.tick()
  deliverAll(world)
  expect(world.counts.get('drop assignment_unknown')).toBe(1)

  second.tail.read(1)
  world.changeOwner(second, 'sleeps')
  finish(world)
  expect(page?.shown?.id).toBe('r2.2')
})

describe('a ride whose owner crashes or changes', () => {
  const KEEPING = ['checkpoint', 'checkpoint', 'crash', 'new owner'] as const
  const LOSING = [...KEEPING, 'crash without snapshots', 'new owner without snapshots'] as const
  const FEW = Array<'nothing'>(12).fill('nothing')

  function ride(events: readonly Leg['event'][]): fc.Arbitrary<Leg[]> {
    const leg = fc.record({
      mps: fc.constantFrom(0, 0, 3, 6, 8, 8, 10, 12),
      afterS: fc.integer({ min: 3, max: 12 }),
      offM: fc.nat({ max: 8 }),
      offDeg: fc.nat({ max: 359 }),
      event: fc.constantFrom(...FEW, ...events),
    })
    const legs = fc.array(leg, { minLength: 20, maxLength: 150, size: 'max' })
    return fc
      .tuple(fc.constantFrom(0.4, 1, 1.3), legs)
      .map(([factor, list]) => list.map((one) => ({ ...one, mps: factor * one.mps })))
  }

  /** Checks after each fix from the third on; fixes during which one has a line and the other not are counted alone. */
  function check(line: 'caller' | 'engine', events: readonly Leg['event'][], what: (seen: Seen) => void) {
    const counts = { compared: 0, lost: 0, oneLine: 0 }
    const each = fc.property(ride(events), (legs) => {
      for (const seen of rideTwice(line, legs)) {
        if (seen.since < 3 || seen.since > 60) continue
        if ((seen.steady.road === undefined) !== (seen.stricken.road === undefined)) {
          counts.oneLine += 1
          continue
        }
        counts.compared += 1
        if (seen.lost) counts.lost += 1
        what(seen)
      }
    })
    const { failed, seed, errorInstance } = fc.check(each, { numRuns: 250, endOnFailure: true })
    expect(failed ? `seed ${seed}: ${errorInstance}` : '').toBe('')
    return counts
  }

  const leftS = (trip: Trip, nowMs: number) => (trip.shown.arrivalMs - nowMs) / 1_000

  function expectSamePlace({ steady, stricken }: Seen): void {
    expect(Math.abs(steady.leftM - stricken.leftM)).toBeLessThanOrEqual(40)
    const [a, b] = [steady.road, stricken.road]
    if (a === undefined || b === undefined || a.progress.routeId !== b.progress.routeId) return
    expect(Math.abs(a.progress.alongM - b.progress.alongM)).toBeLessThanOrEqual(40)
  }

  /** Within a minute or a fifth. */
  function expectSameArrival({ steady, stricken, nowMs }: Seen): void {
    const [a, b] = [leftS(steady, nowMs), leftS(stricken, nowMs)]
    expect(Math.abs(a - b)).toBeLessThanOrEqual(Math.max(60, 0.2 * Math.abs(a)))
  }

  /**
   * Without what the trip showed of its pace, the arrival is foretold as for a rider seen here for the first time: off by
   * as much as this trip is faster or slower than usual, and the time of day has another usual. Nothing says less than
   * that, so the bound is what rides of this test come to, with room.
   */
  function expectArrivalOfAStranger({ steady, stricken }: Seen): void {
    if (steady.road === undefined || stricken.road === undefined) return
    const [a, b] = [estimateRoad(steady.road).remainingS, estimateRoad(stricken.road).remainingS]
    expect(b).toBeLessThanOrEqual(3 * a + 60)
    expect(a).toBeLessThanOrEqual(3 * b + 60)
  }

  test('goes on as if nothing had been, on a caller’s line and with its snapshots', () => {
    const counts = check('caller', KEEPING, ({ steady, stricken }) => expect(stricken).toEqual(steady))
    expect(counts.compared).toBeGreaterThan(1_000)
    expect(counts.lost + counts.oneLine).toBe(0)
  })

  test('agrees again within three fixes on an engine’s line, which may come later', () => {
    const counts = check('engine', KEEPING, (seen) => {
      expectSamePlace(seen)
      if (!seen.lost) expectSameArrival(seen)
      else expectArrivalOfAStranger(seen)
    })
    expect(counts.compared - counts.lost).toBeGreaterThan(1_000)
    expect(counts.oneLine).toBeLessThan(0.02 * counts.compared)
  })

  for (const line of ['caller', 'engine'] as const) {
    test(`agrees on the place, and no more than that, when snapshots are lost: ${line}’s line`, () => {
      const counts = check(line, LOSING, (seen) => {
        expectSamePlace(seen)
        if (seen.lost) expectArrivalOfAStranger(seen)
        else expectSameArrival(seen)
      })
      expect(counts.lost).toBeGreaterThan(1_000)
      expect(counts.oneLine).toBeLessThan(0.05 * counts.compared)
    })
  }
})

describe('the property finds', () => {
  for (const [bug, seams] of Object.entries(BUGS)) {
    test(bug, () => {
      const found = fc.check(property(seams), { numRuns: BUG_RUNS, seed: BUG_SEED, endOnFailure: true })
      expect(found.failed).toBe(true)
    }, 60_000)
  }
})
