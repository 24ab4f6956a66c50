import { describe, expect, test } from 'bun:test'
import { HANDLING, planRide } from '../../cli/riders/ride'
import { destination, distanceM } from '../../src/domain/geo'
import type { Vehicle } from '../../src/domain/view'

const start = { lat: 47.14, lng: 9.52 }
/** 600 m north, then 400 m east. */
const corner = destination(start, 0, 600)
const line = [start, corner, destination(corner, 90, 400)]

describe('planRide', () => {
  for (const vehicle of Object.keys(HANDLING) as Vehicle[]) {
    test(`${vehicle} never goes faster than it may, nor leaps`, () => {
      const ride = planRide(line, vehicle, [{ alongM: 300, dwellMs: 20_000 }])
      const { cruiseMps, accelerationMps2 } = HANDLING[vehicle]
      let before = ride.at(0)
      for (let ms = 500; ms <= ride.durationMs; ms += 500) {
        const now = ride.at(ms)
        expect(now.speedMps).toBeLessThanOrEqual(cruiseMps + 1e-9)
        expect(now.alongM).toBeGreaterThanOrEqual(before.alongM)
        expect(distanceM(before, now)).toBeLessThanOrEqual(cruiseMps * 0.5 + 0.01)
        // A step of the clock may cut through a change of the piece, hence the slack.
        expect(Math.abs(now.speedMps - before.speedMps)).toBeLessThanOrEqual(accelerationMps2 * 0.5 + 0.05)
        before = now
      }
    })
  }

  test('it begins and ends at rest, at the ends of the line', () => {
    const ride = planRide(line, 'car')
    expect(ride.at(0)).toMatchObject({ ...start, alongM: 0, speedMps: 0 })
    expect(ride.at(-5_000)).toEqual(ride.at(0))
    const end = ride.at(ride.durationMs + 60_000)
    expect(end.speedMps).toBe(0)
    expect(distanceM(end, line[2] as typeof start)).toBeLessThan(0.01)
    expect(ride.lengthM).toBeCloseTo(1000, 0)
  })

  test('it stands at a halt for as long as it is told', () => {
    const [free, halted] = [planRide(line, 'car'), planRide(line, 'car', [{ alongM: 300, dwellMs: 30_000 }])]
    const arriveMs = halted.whenAt(299)
    for (const laterMs of [1_000, 15_000, 29_000]) {
      const place = halted.at(arriveMs + laterMs)
      expect(place.speedMps).toBe(0)
      expect(Math.abs(place.alongM - 300)).toBeLessThan(8)
    }
    expect(halted.durationMs).toBeGreaterThan(free.durationMs + 30_000)
    expect(halted.at(arriveMs + 36_000).alongM).toBeGreaterThan(302)
  })

  test('it slows down for a sharp bend and not for a straight line', () => {
    const ride = planRide(line, 'car')
    const inBend = ride.at(ride.whenAt(599)).speedMps
    expect(inBend).toBeLessThan(6)
    expect(inBend).toBeGreaterThan(1)
    expect(ride.at(ride.whenAt(300)).speedMps).toBeCloseTo(HANDLING.car.cruiseMps, 1)
  })

  test('the heading is the line’s', () => {
    const ride = planRide(line, 'bicycle')
    expect(ride.at(ride.whenAt(100)).headingDeg).toBeCloseTo(0, 0)
    expect(ride.at(ride.whenAt(800)).headingDeg).toBeCloseTo(90, 0)
  })

  test('whenAt is the inverse of at', () => {
    const ride = planRide(line, 'van')
    for (const alongM of [0, 50, 333, 900, 1_000]) {
      expect(Math.abs(ride.at(ride.whenAt(alongM)).alongM - alongM)).toBeLessThan(9)
    }
  })

  test('two halts beside each other do not stop time', () => {
    const halts = [0, 4, 8, 12, 16].map((alongM) => ({ alongM, dwellMs: 1_000 }))
    const ride = planRide(line, 'foot', halts)
    expect(Number.isFinite(ride.durationMs)).toBe(true)
    for (let ms = 0; ms < ride.durationMs; ms += 250) expect(Number.isFinite(ride.at(ms).lat)).toBe(true)
  })

  test('a line without length is refused', () => {
    expect(() => planRide([start, start], 'car')).toThrow(RangeError)
    expect(() => planRide([start], 'car')).toThrow(RangeError)
  })
})
