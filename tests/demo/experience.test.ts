import { afterAll, describe, expect, test } from 'bun:test'
import { demoPace, teach, withSnapshots } from '../../cli/demo/experience'
import { lights } from '../../cli/demo/lights'
import { DEMO_ROUTES, type DemoRoute, rideOf } from '../../cli/demo/routes'
import { fold } from '../../src/domain/fold'
import type { PaceTable } from '../../src/domain/pace'
import { emptyTrack, type Track } from '../../src/domain/track'
import { orderInHand, request, T0 } from '../support/rider'
import { tempFolder } from '../support/temp-folder'

const folder = tempFolder()
afterAll(() => folder.remove())

/** What is shown while a trip is ridden, until shortly before its end, and when that is. */
function* watch(route: DemoRoute, pace: number, known: PaceTable) {
  const { pickup, drop, vehicle, polyline, precision } = route
  const order = orderInHand({ pickup, drop, vehicle, route: { polyline, precision } })
  const ride = rideOf(route, lights(route, pace))
  const endMs = T0 + ride.durationMs / pace
  let track: Track = emptyTrack(order.id)
  for (let [nowMs, at] = [T0, 1]; nowMs < endMs - 20_000; nowMs += 1_000, at++) {
    const { lat, lng } = ride.at((nowMs - T0) * pace)
    const fix = { lat, lng, device_time_ms: nowMs, accuracy_m: 6 }
    for (const record of request([{ madeMs: nowMs, fix }], nowMs)) {
      track = fold(track, order, record, at, { pace: known, hasEngine: false }).track
    }
    if (track.trip !== undefined) yield { shown: track.trip.shown, endMs }
  }
}

describe.each([1, 2.5, 3])('riders %p times as fast as real ones', (pace) => {
  const known = demoPace(pace, T0)

  test.each(DEMO_ROUTES.map((route) => [route.id, route] as const))('come to the end of %s as foretold', (_, route) => {
    const seen = [...watch(route, pace, known)]
    expect(seen.length).toBeGreaterThan(20)
    const within = seen.filter(({ shown, endMs }) => shown.earliestMs <= endMs && endMs <= shown.latestMs)
    expect(within.length / seen.length).toBeGreaterThan(0.8)
    const errors = seen.map(({ shown, endMs }) => Math.abs(shown.arrivalMs - endMs) / 1_000)
    expect(errors.reduce((sum, one) => sum + one, 0) / errors.length).toBeLessThan(35)
  })
})

test('what was taught is there when a server opens the folder', async () => {
  const table = demoPace(2, T0)
  await teach(folder.path, table)
  const found = await withSnapshots(folder.path, (snapshots, partition) => snapshots.loadPace(partition))
  expect(found).toEqual(table)
})
