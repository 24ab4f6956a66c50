import { describe, expect, test } from 'bun:test'
import { blur } from '../../cli/riders/gps-noise'
import { createRandom } from '../../cli/riders/random'
import { distanceM } from '../../src/domain/geo'

const place = { lat: 60, lng: 9.52 }

describe('createRandom', () => {
  test('a seed gives the same stream again, another seed or label another', () => {
    const draw = (seed: number, label: string) => {
      const random = createRandom(seed, label)
      return Array.from({ length: 50 }, () => random.next())
    }
    expect(draw(1, 'a')).toEqual(draw(1, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
  })

  test('uniform numbers fill [0, 1) evenly', () => {
    const random = createRandom(7)
    const tenths = new Array(10).fill(0)
    for (let i = 0; i < 20_000; i++) tenths[Math.floor(random.next() * 10)] += 1
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200)
  })

  test('normal numbers have mean 0 and deviation 1', () => {
    const random = createRandom(7)
    const values = Array.from({ length: 20_000 }, () => random.normal())
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(Math.sqrt(variance) - 1)).toBeLessThan(0.03)
  })
})

describe('blur', () => {
  test('68 % of readings lie within the stated accuracy, around the true place', () => {
    const random = createRandom(3)
    let within = 0
    let north = 0
    let east = 0
    for (let i = 0; i < 10_000; i++) {
      const reading = blur(place, 8, random)
      if (distanceM(place, reading) <= reading.accuracyM) within += 1
      north += reading.lat - place.lat
      east += reading.lng - place.lng
    }
    expect(within / 10_000).toBeCloseTo(0.68, 1)
    const metres = 111_195
    expect(Math.abs(north / 10_000) * metres).toBeLessThan(0.5)
    expect(Math.abs(east / 10_000) * metres * Math.cos((60 * Math.PI) / 180)).toBeLessThan(0.5)
  })
})
