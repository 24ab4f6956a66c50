import { describe, expect, test } from 'bun:test'
import { createRandom } from '../../cli/riders/random'
import { Histogram } from '../../cli/simulate/histogram'

describe('Histogram', () => {
  test('percentiles are within 1.6 % of those of the sorted values', () => {
    const random = createRandom(5)
    const values = Array.from({ length: 20_000 }, () => Math.exp(random.normal() * 1.5 + 1))
    const histogram = new Histogram()
    for (const value of values) histogram.add(value)
    const sorted = values.toSorted((a, b) => a - b)
    for (const share of [0.5, 0.9, 0.99, 0.999]) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1] as number
      const found = histogram.percentile(share) as number
      expect(Math.abs(found - exact) / exact).toBeLessThan(0.016)
    }
    expect(histogram.percentile(1)).toBe(sorted.at(-1) as number)
    expect(histogram.count).toBe(20_000)
  })

  test('a single slow value shows at the top and nowhere else', () => {
    const histogram = new Histogram()
    for (let i = 0; i < 999; i++) histogram.add(10)
    histogram.add(4_321)
    const { count, p50, p99, p99_9, max } = histogram.summary()
    expect({ count, max }).toEqual({ count: 1_000, max: 4_321 })
    for (const value of [p50, p99, p99_9]) expect(Math.abs((value as number) - 10)).toBeLessThan(0.2)
  })

  test('nothing counted is no figure, not 0', () => {
    expect(new Histogram().summary()).toEqual({ count: 0 })
    expect(new Histogram().percentile(0.5)).toBeUndefined()
  })

  test('times of 0, below 0 and beyond a day are counted at the ends', () => {
    const histogram = new Histogram()
    for (const value of [0, -3, 1e12]) histogram.add(value)
    expect(histogram.percentile(0.5)).toBeLessThan(0.02)
    expect(histogram.summary().max).toBe(1e12)
  })
})
