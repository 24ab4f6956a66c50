/** A full disk, by a limit on the file's pages: SQLite answers as it does when the disk has no room. */

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { emptyTrack } from '../../../src/domain/track.ts'
import type { ZltError } from '../../../src/errors.ts'
import { entry, follow, numbered } from '../../contract/recorder.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { type Embedded, openEmbeddedAt } from './open-embedded.ts'

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

function pages(): number {
  return (embedded.file.db.query('PRAGMA page_count').get() as { page_count: number }).page_count
}

/** Leaves room for so many pages more. */
function leaveRoom(count: number): void {
  embedded.file.db.query(`PRAGMA max_page_count = ${pages() + count}`).get()
}

/** Appends until it is refused. @returns what was acknowledged, and the refusal */
async function fill(prefix: string): Promise<{ acknowledged: string[]; refusal: ZltError }> {
  const acknowledged: string[] = []
  for (let i = 0; ; i++) {
    const value = `${prefix}${i} ${'x'.repeat(500)}`
    try {
      await embedded.log.append([entry('order', value)])
      acknowledged.push(value)
    } catch (error) {
      return { acknowledged, refusal: error as ZltError }
    }
  }
}

test('an append without room is refused with 503, health says why, and with room all goes on', async () => {
  leaveRoom(20)
  const before = await fill('before')
  expect(before.acknowledged.length).toBeGreaterThan(20)
  expect(before.refusal).toMatchObject({ name: 'ZltError', code: 'disk_full', status: 503, retryAfterMs: 5_000 })
  expect(await embedded.log.health()).toEqual({ ok: false, reason: before.refusal.message })
  expect(await embedded.log.health()).toMatchObject({ ok: false })

  leaveRoom(200)
  expect(await embedded.log.health()).toEqual({ ok: true })
  await embedded.log.append([entry('order', 'after')])

  const { recorder } = await follow(embedded.log)
  const expected = [...before.acknowledged, 'after']
  expect(await recorder.waitFor('order', expected.length)).toEqual(expected)
  const offsets = recorder.recordsOf('order').map(({ at }) => at)
  expect(offsets).toEqual(offsets.map((_, i) => (offsets[0] ?? 0) + i))
  expect(embedded.file.db.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
})

test('room for one small row is not yet room for fixes', async () => {
  leaveRoom(10)
  await fill('x')
  leaveRoom(2)
  expect(await embedded.log.health()).toMatchObject({ ok: false })
})

test('appending goes well again by itself, without anybody asking for health', async () => {
  leaveRoom(10)
  await fill('x')
  leaveRoom(100)
  await embedded.log.append([entry('order', 'after')])
  expect(await embedded.log.health()).toEqual({ ok: true })
})

test('a group is refused whole', async () => {
  leaveRoom(10)
  const values = numbered(90, 'x'.repeat(1_000))
  const results = await Promise.allSettled(values.map((value) => embedded.log.append([entry('order', value)])))
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(embedded.file.db.query('SELECT count(*) AS n FROM log').get()).toEqual({ n: 0 })
})

test('facts and commits are refused in the same words, and count when tried again', async () => {
  await embedded.log.append(numbered(4).map((value) => entry('order', value)))
  const { recorder, following, group } = await follow(embedded.log)
  await recorder.waitFor('order', 4)
  const db = embedded.file.db
  // Whatever room is left on pages begun must not let a small row through.
  for (const table of ['commits', 'facts']) {
    db.run(
      `CREATE TRIGGER full_${table} BEFORE INSERT ON ${table} BEGIN INSERT INTO state VALUES ('x', zeroblob(100000)); END`,
    )
  }
  leaveRoom(1)
  const told: string[] = []
  await embedded.log.tail('delivery.order.v1', (key) => told.push(key))
  await expect(embedded.log.publish('delivery.order.v1', 'order', '{}')).rejects.toMatchObject({ code: 'disk_full' })
  expect(told).toEqual([])
  await expect(following.commit(0, 3)).rejects.toMatchObject({ code: 'disk_full' })

  for (const table of ['commits', 'facts']) db.run(`DROP TRIGGER full_${table}`)
  leaveRoom(100)
  await following.commit(0, 3)
  await following.close()
  const again = await follow(embedded.log, {}, group)
  expect(await again.recorder.waitFor('order', 1)).toEqual(['3'])
})

test('a save without room is refused whole, and may be tried again as it was', async () => {
  const trail = Array.from({ length: 3_000 }, (_, at) => ({ at, lat: 1, lng: 1, timeMs: at }))
  const saved = [{ track: emptyTrack('order'), trail }]
  leaveRoom(5)
  await expect(embedded.snapshots.save(0, saved)).rejects.toThrow()
  await expect(embedded.snapshots.save(0, saved)).rejects.toThrow()
  expect((await embedded.snapshots.load(0, ['order'])).size).toBe(0)
  leaveRoom(500)
  await embedded.snapshots.save(0, saved)
  // Points that were rolled back must not have been counted.
  expect(await embedded.snapshots.trail(0, 'order')).toEqual({ points: trail, complete: true })
})

test('closing without room reports that, and loses nothing', async () => {
  leaveRoom(20)
  const { acknowledged } = await fill('x')
  embedded.file.db.run(
    "CREATE TRIGGER no BEFORE INSERT ON state BEGIN INSERT INTO log VALUES (NULL, 'x', zeroblob(100000), '{}', 0); END",
  )
  leaveRoom(0)
  await embedded.close()
  expect(embedded.errors).toMatchObject([{ code: 'SQLITE_FULL' }])
  embedded = openEmbeddedAt(embedded.path)
  const { recorder } = await follow(embedded.log)
  expect((await recorder.waitFor('order', acknowledged.length)).slice(0, acknowledged.length)).toEqual(acknowledged)
})
