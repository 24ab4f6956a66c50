import { describe, expect, test } from 'bun:test'
import { DEMO_ROUTES, demoRoute, rideOf } from '../../cli/demo/routes'
import { distanceM } from '../../src/domain/geo'
import type { Vehicle } from '../../src/domain/view'

/** What the tracker's speed gate believes of each vehicle. */
const BELIEVED_MPS: Record<Vehicle, number> = { foot: 7, bicycle: 16.7, motorbike: 36.1, car: 50, van: 50 }
const FASTEST_PACE = 3

describe.each(DEMO_ROUTES.map((route) => [route.id, route] as const))('%s', (_, route) => {
  const ride = rideOf(route)

  test('is ridden from its pickup to its drop, about as fast as its file says', () => {
    expect(distanceM(ride.at(0), route.pickup)).toBeLessThan(5)
    expect(distanceM(ride.at(ride.durationMs), route.drop)).toBeLessThan(5)
    expect(Math.abs(ride.lengthM - route.distance_m)).toBeLessThan(route.distance_m * 0.01 + 5)
    expect(ride.durationMs / 1000 / route.duration_s).toBeGreaterThan(0.6)
    expect(ride.durationMs / 1000 / route.duration_s).toBeLessThan(1.2)
  })

  test('is believed at the demo’s fastest pace', () => {
    for (let ms = 0; ms < ride.durationMs; ms += 1_000) {
      expect(ride.at(ms).speedMps * FASTEST_PACE).toBeLessThan(BELIEVED_MPS[route.vehicle])
    }
  })

  test('the rider stands at each of its stops', () => {
    const stops = route.stops ?? []
    expect(ride.haltsM.length).toBe(stops.length)
    for (const [i, stop] of stops.entries()) {
      const place = ride.at(ride.whenAt(ride.haltsM[i] as number) + 1_000)
      expect(place.speedMps).toBe(0)
      expect(distanceM(place, stop)).toBeLessThan(10)
    }
  })
})

test('the routes of the tunnel, the hand-over and the two orders have what their stories need', () => {
  expect(demoRoute('vaduz-triesen').tunnel).toBeDefined()
  const { hand_over } = demoRoute('schaan-vaduz')
  expect(hand_over).toBeDefined()
  const relief = rideOf(demoRoute(hand_over?.to ?? ''))
  const meeting = relief.at(relief.whenAt(hand_over?.to_m ?? 0))
  expect(distanceM(meeting, hand_over as { lat: number; lng: number })).toBeLessThan(10)
  expect(demoRoute('triesen-balzers').stops?.length).toBe(1)
  expect(() => demoRoute('nowhere')).toThrow(RangeError)
})
