import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { takeDataFolder } from '../../../src/adapters/embedded/data-folder.ts'
import { startLogChild } from '../../support/log-children.ts'
import { tempFolder } from '../../support/temp-folder.ts'

let temp: ReturnType<typeof tempFolder>
beforeEach(() => {
  temp = tempFolder()
})
afterEach(() => temp.remove())

test('makes the folder, for its owner only', () => {
  const folder = takeDataFolder(temp.file('a/b'))
  expect(statSync(temp.file('a/b')).mode & 0o777).toBe(0o700)
  expect(folder.file('x')).toBe(temp.file('a/b/x'))
  folder.release()
})

test('a second process is refused, with the first one’s pid, until that one is killed', async () => {
  const child = await startLogChild('lock', temp.file('log.db'))
  expect(() => takeDataFolder(temp.path)).toThrow(`in use by another zlt (pid ${child.pid})`)
  // Being refused must not have taken the lock away from its holder.
  expect(() => takeDataFolder(temp.path)).toThrow('in use')
  await child.kill()
  takeDataFolder(temp.path).release()
})

test('a second time in the same process is refused, and does not let another process in', async () => {
  const folder = takeDataFolder(temp.path)
  expect(() => takeDataFolder(temp.path)).toThrow(`(pid ${process.pid})`)
  symlinkSync(temp.path, temp.file('link'))
  expect(() => takeDataFolder(temp.file('link'))).toThrow('in use')
  const child = await startLogChild('lock', temp.file('log.db'))
  expect(child.lines[0]).toContain(`in use by another zlt (pid ${process.pid})`)
  expect(await child.exited).toBe(0)
  folder.release()
  folder.release()
  takeDataFolder(temp.path).release()
})

test('the lock outlives everything that refers to it', async () => {
  takeDataFolder(temp.path)
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    Bun.gc(true)
  }
  expect(() => takeDataFolder(temp.path)).toThrow('in use')
})

test('without a readable pid the refusal names none', () => {
  const folder = takeDataFolder(temp.path)
  writeFileSync(folder.file('zlt.pid'), '')
  expect(() => takeDataFolder(temp.path)).toThrow('another zlt;')
  folder.release()
})

test('the lock does not need the pid to be written', () => {
  mkdirSync(temp.file('zlt.pid'))
  // Cannot be written and cannot be removed: as on a disk without room.
  expect(() => takeDataFolder(temp.path).release()).not.toThrow()
})

test('a path that is a file, and one below a file, are refused with what to do', () => {
  writeFileSync(temp.file('file'), '')
  for (const path of ['file', 'file/below']) {
    expect(() => takeDataFolder(temp.file(path))).toThrow(/cannot use .*choose another with --data/)
  }
})
