import { afterEach, beforeEach, expect, test } from 'bun:test'
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

const entries = (count: number) => numbered(count).map((value) => entry('order', value))
const stored = () => (embedded.file.db.query('SELECT count(*) AS n FROM log').get() as { n: number }).n

/** Counts transactions from here on. */
function countCommits(): () => number {
  const { db } = embedded.file
  const run = db.run.bind(db)
  let commits = 0
  db.run = ((sql: string, ...bindings: never[]) => {
    if (sql === 'COMMIT') commits++
    return run(sql, ...bindings)
  }) as typeof db.run
  return () => commits
}

test('a lone append on an idle log is not made to wait for others', async () => {
  const latenciesMs: number[] = []
  for (let i = 0; i < 30; i++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    const startedMs = performance.now()
    await embedded.log.append(entries(1))
    latenciesMs.push(performance.now() - startedMs)
  }
  // The best of many, since the machine has other work: below the wait of a busy log.
  expect(Math.min(...latenciesMs)).toBeLessThan(2)
})

test('appends of one moment share a transaction', async () => {
  const commits = countCommits()
  await Promise.all(Array.from({ length: 60 }, () => embedded.log.append(entries(1))))
  expect(commits()).toBe(1)
  expect(stored()).toBe(60)
})

test('a transaction takes whole calls and closes as soon as it has 100 rows', async () => {
  const commits = countCommits()
  const first = embedded.log.append(entries(99))
  expect(stored()).toBe(0)
  const second = embedded.log.append(entries(50))
  expect([stored(), commits()]).toEqual([149, 1])
  await Promise.all([first, second])
})

test('a call that fails fails its whole group, and only that', async () => {
  const bad = { key: 'order', value: 'x', headers: null as never }
  embedded.file.db.run(
    "CREATE TRIGGER no BEFORE INSERT ON log WHEN new.headers = 'null' BEGIN SELECT RAISE(ABORT, 'no'); END",
  )
  const results = await Promise.allSettled([embedded.log.append(entries(2)), embedded.log.append([bad])])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((results[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'log_unavailable', status: 503 })
  expect(stored()).toBe(0)
  await embedded.log.append(entries(2))
  const { recorder } = await follow(embedded.log)
  expect(await recorder.waitFor('order', 2)).toEqual(['0', '1'])
})

test('closing stores what waits', async () => {
  const append = embedded.log.append(entries(3))
  await embedded.log.close()
  await append
  expect(stored()).toBe(3)
})

test('a backlog lets others in between its batches', async () => {
  await embedded.log.append(entries(20_000))
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const done = Promise.withResolvers<void>()
  let records = 0
  await embedded.log.follow('group', {
    assigned() {},
    async batch(_partition, batch) {
      Bun.sleepSync(3)
      records += batch.length
      if (records === 20_000) done.resolve()
    },
    async revoked() {},
  })
  await done.promise
  clearInterval(timer)
  expect(turns).toBeGreaterThan(5)
})
