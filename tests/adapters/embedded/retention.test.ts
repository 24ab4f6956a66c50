import { afterEach, beforeEach, expect, test } from 'bun:test'
import { sweepRecords, sweepTracks } from '../../../src/adapters/embedded/retention.ts'
import { emptyTrack } from '../../../src/domain/track.ts'
import { entry, follow, numbered } from '../../contract/recorder.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { type Embedded, openEmbeddedAt } from './open-embedded.ts'

const HOUR_MS = 3_600_000

let temp: ReturnType<typeof tempFolder>
let embedded: Embedded
beforeEach(() => {
  temp = tempFolder()
  embedded = openEmbeddedAt(temp.file('log.db'))
})
afterEach(async () => {
  await embedded.close()
  temp.remove()
})

const append = (count: number, prefix = '') =>
  embedded.log.append(numbered(count, prefix).map((value) => entry('order', value)))
const count = (table = 'log') => (embedded.file.db.query(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n
const inOneHour = () => Date.now() + HOUR_MS

test('old records go, oldest first, a few at a time', async () => {
  await append(1_200)
  expect(sweepRecords(embedded.file.db, Date.now() - HOUR_MS)).toBe(false)
  expect(count()).toBe(1_200)
  expect(sweepRecords(embedded.file.db, inOneHour())).toBe(true)
  expect(embedded.file.db.query('SELECT min(at) AS at FROM log').get()).toEqual({ at: 501 })
  expect(sweepRecords(embedded.file.db, inOneHour())).toBe(true)
  expect(sweepRecords(embedded.file.db, inOneHour())).toBe(false)
  expect(count()).toBe(0)
})

test('a record goes by its own stamp: a clock that was wrong for a while makes no other go', async () => {
  await append(3)
  embedded.file.db.run('UPDATE log SET appended_ms = 0 WHERE at = 2')
  embedded.file.db.run('UPDATE log SET appended_ms = ? WHERE at = 3', [Date.now() + 1_000 * HOUR_MS])
  sweepRecords(embedded.file.db, Date.now() - HOUR_MS)
  expect(embedded.file.db.query('SELECT at FROM log').values().flat()).toEqual([1, 3])
})

test('offsets go on rising when all records are gone, after a restart too', async () => {
  await append(10)
  sweepRecords(embedded.file.db, inOneHour())
  await embedded.close()
  embedded = openEmbeddedAt(embedded.path)
  await append(1)
  expect(embedded.file.db.query('SELECT at FROM log').values()).toEqual([[11]])
})

test('a follower that lags behind the retention goes on with what is left', async () => {
  await append(3_000)
  const gate = Promise.withResolvers<void>()
  const { recorder } = await follow(embedded.log, { onBatch: () => gate.promise })
  while (sweepRecords(embedded.file.db, inOneHour())) {}
  await append(5, 'new')
  gate.resolve()
  await until(() => recorder.valuesOf('order').includes('new4'), 'the new records')
  const values = recorder.valuesOf('order')
  expect(values.slice(-5)).toEqual(numbered(5, 'new'))
  expect(values.length).toBeLessThan(3_000)
})

test('a follower whose commit is older than the oldest record starts at that one', async () => {
  await append(10)
  const { recorder, following, group } = await follow(embedded.log)
  await recorder.waitFor('order', 10)
  await following.commit(0, 3)
  await following.close()
  embedded.file.db.run('DELETE FROM log WHERE at < 8')
  const again = await follow(embedded.log, {}, group)
  expect(await again.recorder.waitFor('order', 3)).toEqual(['7', '8', '9'])
})

test('a track that nobody saved for long goes with its trail, others stay', async () => {
  const trail = [{ at: 1, lat: 1, lng: 1, timeMs: 1 }]
  for (const order of ['old', 'new']) await embedded.snapshots.save(0, [{ track: emptyTrack(order), trail }])
  embedded.file.db.run("INSERT INTO thinned VALUES ('old')")
  embedded.file.db.run("UPDATE tracks SET saved_ms = saved_ms - ? WHERE order_id = 'old'", [HOUR_MS])
  const before = Date.now() - HOUR_MS / 2
  expect(sweepTracks(embedded.file.db, before)).toBe(true)
  expect(sweepTracks(embedded.file.db, before)).toBe(false)
  expect(await embedded.snapshots.trail(0, 'old')).toEqual({ points: [], complete: true })
  expect((await embedded.snapshots.load(0, ['old', 'new'])).has('old')).toBe(false)
  expect((await embedded.snapshots.trail(0, 'new')).points).toEqual(trail)
  expect(['tracks', 'trail', 'thinned'].map(count)).toEqual([1, 1, 0])
})

test('the sweeps run by themselves', async () => {
  await embedded.close()
  // Nothing is younger than a negative age.
  embedded = openEmbeddedAt(embedded.path, -HOUR_MS)
  await append(1_300)
  await until(() => count() === 0, 'an empty log')
  expect(embedded.errors).toEqual([])
})
