import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { DataFolderError } from '../../../src/adapters/embedded/data-folder.ts'
import { type Durability, openLogFile } from '../../../src/adapters/embedded/log-file.ts'
import { startLogChild } from '../../support/log-children.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { openEmbeddedAt } from './open-embedded.ts'

let temp: ReturnType<typeof tempFolder>
let path: string
beforeEach(() => {
  temp = tempFolder()
  path = temp.file('log.db')
})
afterEach(() => temp.remove())

function open(durability: Durability = 'normal') {
  return openLogFile(path, durability, (error) => {
    throw error
  })
}

/** Opens in good order: what the file says, then closes it. */
function look(durability: Durability = 'normal'): boolean {
  const file = open(durability)
  file.close()
  return file.mayHaveRewound
}

/** A run that is cut off, on this start of the machine or on another. */
async function cutOff(boot: 'same boot' | 'other boot', durability: Durability = 'normal'): Promise<void> {
  const child = await startLogChild('hold', path, durability)
  await child.kill()
  if (boot === 'same boot') return
  const db = new Database(path)
  db.run("UPDATE state SET value = 'another start of the machine' WHERE name = 'boot'")
  db.close()
}

test('all three files are for their owner only, also in an open folder', async () => {
  chmodSync(temp.path, 0o755)
  const embedded = openEmbeddedAt(path)
  await embedded.log.append([{ key: 'order', value: 'x', headers: {} }])
  for (const suffix of ['', '-wal', '-shm']) {
    expect(existsSync(path + suffix)).toBe(true)
    expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  }
  await embedded.close()
})

test('runs as WAL, without checkpoints of its own, synchronous as asked for', () => {
  for (const [durability, synchronous] of [
    ['normal', 1],
    ['full', 2],
  ] as const) {
    const file = open(durability)
    const pragma = (name: string) => Object.values(file.db.query(`PRAGMA ${name}`).get() as object)[0]
    expect(['journal_mode', 'synchronous', 'wal_autocheckpoint'].map(pragma)).toEqual(['wal', synchronous, 0])
    file.close()
  }
})

test('a clean close leaves one whole file, and may be repeated', async () => {
  const embedded = openEmbeddedAt(path)
  await embedded.log.append([{ key: 'order', value: 'x', headers: {} }])
  await embedded.close()
  await embedded.close()
  // All that is to be backed up is in the file itself.
  writeFileSync(temp.file('copy.db'), await Bun.file(path).bytes())
  const copy = new Database(temp.file('copy.db'))
  expect(copy.query('SELECT value FROM log').all()).toEqual([{ value: 'x' }])
  expect(copy.query("SELECT value FROM state WHERE name = 'clean'").all()).toEqual([{ value: '1' }])
  copy.close()
})

test('a file of a newer zlt is refused and left as it is', () => {
  look()
  const db = new Database(path)
  db.run('PRAGMA user_version = 99')
  db.close()
  expect(() => look()).toThrow(DataFolderError)
  expect(() => look()).toThrow('written by a newer zlt (schema 99, this one knows 2); upgrade zlt')
})

test('a file that is no database, and a folder in its place, are refused in a sentence', () => {
  writeFileSync(path, 'x'.repeat(5_000))
  expect(() => look()).toThrow(/^cannot open .*log\.db: /)
  path = temp.path
  expect(() => look()).toThrow(/^cannot open /)
})

test('a new file, a clean close and a kill without a reboot lose no end', async () => {
  expect(look()).toBe(false)
  expect(look()).toBe(false)
  await cutOff('same boot')
  expect(look()).toBe(false)
})

test('a kill with a reboot may lose the end, and the file says so until a clean close', async () => {
  await cutOff('other boot')
  // The process that is told may end before it has acted on it.
  await cutOff('same boot')
  expect(look()).toBe(true)
  expect(look()).toBe(false)
})

test('a clean close before a reboot loses no end', async () => {
  look()
  const db = new Database(path)
  db.run("UPDATE state SET value = 'another start of the machine' WHERE name = 'boot'")
  db.close()
  expect(look()).toBe(false)
})

test('with full durability a reboot loses no end', async () => {
  await cutOff('other boot', 'full')
  expect(look('full')).toBe(false)
  await cutOff('other boot', 'full')
  expect(look('normal')).toBe(false)
})

test('full durability does not make good what a run without it may have lost', async () => {
  await cutOff('other boot', 'normal')
  expect(look('full')).toBe(true)
})
