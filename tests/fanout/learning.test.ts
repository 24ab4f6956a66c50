import { describe, expect, test } from 'bun:test'
import { type FinishedTrip, learnTrip, NO_PACE, type PaceTable } from '../../src/domain/pace.ts'
import { Learning } from '../../src/fanout/learning.ts'
import type { Snapshots } from '../../src/ports/snapshots.ts'
import { routeOf } from '../domain/generated-ride.ts'

const TRIP: FinishedTrip = {
  vehicle: 'bicycle',
  hour: 30,
  route: routeOf([0, 0], [2_000, 0]),
  marks: [
    { alongM: 0, timeMs: 0 },
    { alongM: 2_000, timeMs: 500_000 },
  ],
}
const SAVED: PaceTable = learnTrip(NO_PACE, { ...TRIP, vehicle: 'van' })

function learning(saved?: PaceTable) {
  const saves: PaceTable[] = []
  const errors: unknown[] = []
  const store = { isBroken: false }
  const check = () => {
    if (store.isBroken) throw new Error('broken')
  }
  const snapshots = {
    async loadPace(partition: number) {
      check()
      return partition === 7 ? saved : undefined
    },
    async savePace(_partition: number, pace: PaceTable) {
      check()
      saves.push(pace)
    },
  } as unknown as Snapshots
  const onError = (_error: unknown, where: unknown) => errors.push(where)
  return { saves, errors, store, it: new Learning(7, { snapshots, onError }) }
}

describe('learning', () => {
  test('starts from what was saved', async () => {
    const { it } = learning(SAVED)
    expect(it.pace).toBe(NO_PACE)
    await it.load()
    expect(it.pace).toBe(SAVED)
  })

  test('keeps what it learned where nothing was saved', async () => {
    const { it } = learning()
    it.learn(TRIP)
    await it.load()
    expect(it.pace.vehicles.bicycle?.trips).toBe(1)
  })

  test('saves what changed, once', async () => {
    const { it, saves } = learning()
    await it.save()
    it.learn(TRIP)
    await it.save()
    await it.save()
    expect(saves).toEqual([it.pace])
  })

  test('does not save for a trip that teaches nothing', async () => {
    const { it, saves } = learning()
    it.learn({ ...TRIP, marks: TRIP.marks.slice(0, 1) })
    await it.save()
    expect(saves).toEqual([])
  })

  test('reports what fails and saves it the next time', async () => {
    const { it, saves, errors, store } = learning(SAVED)
    store.isBroken = true
    await it.load()
    it.learn(TRIP)
    await it.save()
    expect(errors).toEqual([
      { stage: 'load_pace', partition: 7 },
      { stage: 'save_pace', partition: 7 },
    ])
    store.isBroken = false
    await it.save()
    expect(saves).toEqual([it.pace])
  })
})
