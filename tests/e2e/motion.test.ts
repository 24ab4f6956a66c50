/** The marker of the real page, behind a rider who rides round corners and stops at a light: measured frame by frame. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../../scripts/customer-page.ts'
import { judgeMotion } from '../../scripts/motion/judge-motion.ts'
import { pieceOf, type TimedPlace } from '../../scripts/motion/trip-piece.ts'
import { watchRide } from '../../scripts/motion/watched-ride.ts'
import { type LngLat, moved } from '../../web/track/geo.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let browser: Browser
let server: TestServer

beforeAll(async () => {
  ;[browser, server] = await Promise.all([openBrowser(), startTestServer()])
}, 30_000)

afterAll(async () => {
  await browser.close()
  await server.close()
})

/** A recording of 12 m/s along straight streets of 70 m, with a light of three seconds on the way. */
function recording(seconds: number): TimedPlace[] {
  const places: TimedPlace[] = []
  let place: LngLat = { lng: 9.52, lat: 47.14 }
  let alongM = 0
  for (let second = 0; second <= seconds; second++) {
    places.push({ ...place, timeMs: second * 1_000 })
    if (second >= 13 && second < 16) continue
    place = moved(place, Math.floor(alongM / 72) % 2 ? 90 : 20, 12)
    alongM += 12
  }
  return places
}

test('the marker goes along the road behind its rider: never back, hardly ever still, never wild', async () => {
  const piece = pieceOf(recording(60), 0, 21_000)
  const fate = { intervalMs: 1_000, lagMs: 100, loss: 0, leadMs: 6_000, seed: 7 }
  const ride = await watchRide(server, piece, { browser, order: 'ridden', ...fate })
  expect(ride.faults).toEqual([])
  const verdict = judgeMotion(ride.samples, piece)
  expect(verdict.seconds).toBeGreaterThan(12)
  expect(verdict.movingS).toBeGreaterThan(8)
  expect(verdict.framesPerSecond).toBeGreaterThan(5)
  expect(verdict.backwardMoves).toBe(0)
  expect(verdict.fades).toBe(0)
  expect(verdict.frozenShare).toBeLessThan(0.1)
  // A machine that is busy elsewhere may drop frames, but not send the marker about.
  expect(verdict.wildFrames).toBeLessThanOrEqual(2)
  expect(verdict.offLineShare).toBe(0)
  expect(verdict.behindS).toBeWithin(1.5, 3.5)
  expect(verdict.errorThenM.p50).toBeLessThan(6)
  expect(verdict.errorThenM.p95).toBeLessThan(25)
}, 40_000)
