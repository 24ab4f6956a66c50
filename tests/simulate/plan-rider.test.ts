import { describe, expect, test } from 'bun:test'
import { createRandom } from '../../cli/riders/random'
import {
  FINAL_SPREAD_MS,
  planOutages,
  planRider,
  type RideOptions,
  type Step,
  settleMs,
} from '../../cli/simulate/plan-rider'
import { type TimedPath, timePath } from '../../cli/simulate/timed-path'
import { destination, distanceM } from '../../src/domain/geo'

const start = { lat: 47.14, lng: 9.52 }
const path = timePath(
  Array.from({ length: 301 }, (_, i) => ({ ...destination(start, 45, i * 8), timeMs: i * 1_000 })),
  { speed: 1, spacingMs: 1_000 },
) as TimedPath
const options: RideOptions = { intervalMs: 1_000, durationMs: 60_000, noiseM: 0, lossShare: 0 }
const plan = (more: Partial<RideOptions> = {}, seed = 1, outage?: { fromMs: number; toMs: number }): Step[] => [
  ...planRider(path, { ...options, ...more }, outage, createRandom(seed, 'r0')),
]

describe('planRider', () => {
  test('is the same for the same seed and another for another', () => {
    const noisy = { noiseM: 8, lossShare: 0.1 }
    expect(plan(noisy, 5)).toEqual(plan(noisy, 5))
    expect(plan(noisy, 5)).not.toEqual(plan(noisy, 6))
  })

  test('fixes come at the interval, numbered from 0, none after the duration but the last', () => {
    const steps = plan()
    const live = steps.slice(0, -1)
    expect(live).toHaveLength(60)
    for (const [i, step] of live.entries()) {
      expect(step.fixes[0]?.k).toBe(i)
      expect(step.atMs - (live[0] as Step).atMs).toBeCloseTo(i * 1_000, 6)
      expect(step.atMs).toBeLessThan(60_000)
    }
    const final = steps.at(-1) as Step
    expect(final.fate).toBe('final')
    expect(final.atMs).toBeGreaterThanOrEqual(61_000)
    expect(final.atMs).toBeLessThan(61_000 + FINAL_SPREAD_MS)
  })

  test('the last fix is clean, at rest and settled, where the rider was', () => {
    const steps = plan({ noiseM: 30, lossShare: 1 })
    const final = steps.at(-1) as Step
    const previous = steps.at(-2) as Step
    expect(final.fate).toBe('final')
    expect(final.atMs - previous.atMs).toBeGreaterThanOrEqual(settleMs(30))
    expect(final.fixes[0]).toMatchObject({ accuracyM: 5, speedMps: 0 })
    const clean = plan().at(-1) as Step
    expect(final.fixes[0]?.lat).toBe(clean.fixes[0]?.lat as number)
  })

  test('about the given share is lost', () => {
    const steps = plan({ durationMs: 2_000_000, lossShare: 0.05 })
    const lost = steps.filter((step) => step.fate === 'lost').length
    expect(Math.abs(lost / steps.length - 0.05)).toBeLessThan(0.01)
  })

  test('noise has the size it says, and says it in accuracy_m', () => {
    const [clean, noisy] = [plan({ durationMs: 500_000 }), plan({ durationMs: 500_000, noiseM: 8 })]
    expect(noisy[0]?.fixes[0]?.accuracyM).toBeCloseTo(12.1, 1)
    expect(clean[0]?.fixes[0]?.accuracyM).toBe(5)
    const errors = noisy.slice(0, -1).map((step, i) => {
      const [a, b] = [step.fixes[0], clean[i]?.fixes[0]]
      return a && b ? distanceM(a, b) : Number.NaN
    })
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
    expect(Math.abs(rms - 8 * Math.SQRT2)).toBeLessThan(1)
  })

  test('an outage holds its fixes and sends them at its end, in order, before the next', () => {
    const steps = plan({}, 1, { fromMs: 20_000, toMs: 30_000 })
    const held = steps.filter((step) => step.fate === 'held').flatMap((step) => step.fixes)
    expect(held.length).toBe(10)
    const at = steps.findIndex((step) => step.fate === 'batch')
    expect(steps[at]).toMatchObject({ atMs: 30_000, fixes: held })
    expect((steps[at + 1] as Step).atMs).toBeGreaterThanOrEqual(30_000)
    expect((steps[at + 1] as Step).fixes[0]?.k).toBe((held.at(-1)?.k as number) + 1)
  })

  test('an outage that outlasts the ride is uploaded at its end', () => {
    const steps = plan({}, 1, { fromMs: 50_000, toMs: 90_000 })
    expect(steps.at(-2)).toMatchObject({ fate: 'batch', atMs: 60_000 })
    expect(steps.at(-1)?.fate).toBe('final')
  })

  test('a batch keeps to what one request may carry', () => {
    const steps = plan({ intervalMs: 100 }, 1, { fromMs: 0, toMs: 50_000 })
    const batches = steps.filter((step) => step.fate === 'batch')
    expect(batches.map((step) => step.fixes.length)).toEqual([200, 200, 100])
  })

  test('without an interval the recording’s own rhythm is kept', () => {
    const { intervalMs: _, ...own } = options
    const steps = [...planRider(path, own, undefined, createRandom(1, 'r0'))].slice(0, -1)
    expect(steps.length).toBeGreaterThan(50)
    const gaps = steps.slice(1).map((step, i) => step.atMs - (steps[i] as Step).atMs)
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(1)
    expect(Math.abs((gaps[0] as number) - 1_000)).toBeLessThan(120)
  })
})

describe('planOutages', () => {
  const count = (riders: number, outages: number) =>
    planOutages(riders, outages, 60_000, createRandom(1)).filter((outage) => outage !== undefined).length

  test('below 1 it is a share, else a number, never more than there are', () => {
    expect(count(200, 0.1)).toBe(20)
    expect(count(200, 3)).toBe(3)
    expect(count(2, 5)).toBe(2)
    expect(count(200, 0)).toBe(0)
  })

  test('each lies within the run', () => {
    for (const outage of planOutages(100, 1_000, 60_000, createRandom(1))) {
      expect(outage?.fromMs).toBeGreaterThanOrEqual(6_000)
      expect(outage?.toMs).toBeLessThanOrEqual(48_000)
      expect((outage?.toMs ?? 0) - (outage?.fromMs ?? 0)).toBeGreaterThanOrEqual(6_000)
    }
  })
})
