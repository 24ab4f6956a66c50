import { afterAll, describe, expect, test } from 'bun:test'
import { demoPace, teach } from '../../cli/demo/experience'
import { lights } from '../../cli/demo/lights'
import { DEMO_ROUTES, type DemoRoute, rideOf } from '../../cli/demo/routes'
import { takeDataFolder } from '../../src/adapters/embedded/data-folder'
import { openAdapters } from '../../src/adapters/open'
import { configOf } from '../../src/config'
import { fold } from '../../src/domain/fold'
import type { PaceTable } from '../../src/domain/pace'
import { emptyTrack, type Track } from '../../src/domain/track'
import { Metrics } from '../../src/metrics'
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

test('a server on the folder finds what was taught', async () => {
  const config = configOf({ data: folder.path })
  const table = demoPace(2, T0)
  await teach(config, table)
  const data = takeDataFolder(config.data)
  const onError = (error: unknown) => {
    throw error
  }
  const adapters = await openAdapters(config, data, { epoch: () => 0, metrics: new Metrics(), onError })
  const { snapshots } = await adapters.openFanout()
  expect(await snapshots.loadPace(0)).toEqual(table)
  await adapters.close()
  data.release()
})
