import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts'
import { openLogFile } from '../../../src/adapters/embedded/log-file.ts'
import { startLogChild } from '../../support/log-children.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const MIB = 1024 * 1024
const LIMITS = { everyMs: 10, walMaxBytes: 4 * MIB }

let temp: ReturnType<typeof tempFolder>
const RealWorker = globalThis.Worker
beforeEach(() => {
  temp = tempFolder()
})
afterEach(() => {
  globalThis.Worker = RealWorker
  temp.remove()
})

/** Writes 50 MB. @returns the lengths of the write-ahead log seen, and the longest of them */
async function writeMuch(): Promise<{ longest: number; errors: unknown[]; seen: number[] }> {
  const errors: unknown[] = []
  const path = temp.file('log.db')
  const onError = (error: unknown) => void errors.push(error)
  const file = openLogFile(path, 'normal', onError, LIMITS)
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  const value = 'x'.repeat(1_000)
  const entries = Array.from({ length: 500 }, (_, i) => ({ key: `order${i}`, value, headers: {} }))
  const seen: number[] = []
  for (let i = 0; i < 100; i++) {
    await log.append(entries)
    seen.push(statSync(`${path}-wal`).size)
    // 100 MB a second, far more than a server takes.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await log.close()
  file.close()
  return { longest: Math.max(...seen), errors, seen }
}

test('the write-ahead log stays bounded under steady writes', async () => {
  const { longest, errors } = await writeMuch()
  expect(errors).toEqual([])
  // Without checkpoints it would be 70 MB.
  expect(longest).toBeLessThan(40 * MIB)
})

test('once over the limit it becomes short again, and does not stall every later turn', async () => {
  const { seen } = await writeMuch()
  const emptied = seen.filter((bytes, i) => bytes < (seen[i - 1] ?? 0)).length
  expect(emptied).toBeGreaterThan(0)
  // A reset that left the file long would be repeated at each of them.
  expect(emptied).toBeLessThan(30)
})

test('a worker that never answers does not take the bound with it', async () => {
  class DeafWorker {
    onmessage = null
    onerror = null
    postMessage(): void {}
    terminate(): void {}
  }
  globalThis.Worker = DeafWorker as unknown as typeof Worker
  const { longest, errors } = await writeMuch()
  expect(errors).toEqual([])
  expect(longest).toBeLessThan(40 * MIB)
})

test('the worker empties the log while nothing is written', async () => {
  const path = temp.file('log.db')
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const file = openLogFile(path, 'normal', onError, { ...LIMITS, walMaxBytes: 1024 * MIB })
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  await log.append([{ key: 'order', value: 'x'.repeat(50_000), headers: {} }])
  const before = statSync(path).size
  await until(() => statSync(path).size > before, 'pages moved into the file by the worker')
  expect(errors).toEqual([])
  await log.close()
  file.close()
})

test('an open log keeps no process alive', async () => {
  const child = await startLogChild('leave', temp.file('log.db'))
  expect(await child.exited).toBe(0)
})

test('SQLite is one that two connections may write to and checkpoint at a time', () => {
  // Before 3.51.3 that could damage the file: https://sqlite.org/wal.html#walresetbug
  const db = new Database(':memory:')
  const { version } = db.query('SELECT sqlite_version() AS version').get() as { version: string }
  db.close()
  expect(Bun.semver.satisfies(version, '>=3.51.3')).toBe(true)
})

test('a reader that takes long, as a backup does, stalls nobody; the bound holds again once it is gone', async () => {
  const path = temp.file('log.db')
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const file = openLogFile(path, 'normal', onError, LIMITS)
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  const reader = new Database(path, { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM log').get()
  const entries = Array.from({ length: 500 }, (_, i) => ({ key: `order${i}`, value: 'x'.repeat(1_000), headers: {} }))
  let longestMs = 0
  for (let i = 0; i < 30; i++) {
    const startedMs = performance.now()
    await log.append(entries)
    await Bun.sleep(10)
    longestMs = Math.max(longestMs, performance.now() - startedMs)
  }
  // To wait for a reader took 5 s, on the thread that serves everybody.
  expect(longestMs).toBeLessThan(2_500)
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(LIMITS.walMaxBytes)
  reader.run('ROLLBACK')
  reader.close()
  await until(() => statSync(`${path}-wal`).size < LIMITS.walMaxBytes, 'the write-ahead log is short again')
  expect(errors).toEqual([])
  await log.close()
  file.close()
})

test('closing does not wait for such a reader', async () => {
  const path = temp.file('log.db')
  const file = openLogFile(path, 'normal', () => {}, LIMITS)
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError: () => {} })
  await log.append([{ key: 'order', value: 'x', headers: {} }])
  const reader = new Database(path, { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM log').get()
  const startedMs = performance.now()
  await log.close()
  file.close()
  expect(performance.now() - startedMs).toBeLessThan(4_000)
  reader.close()
})
