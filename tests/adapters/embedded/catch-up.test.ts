import { afterEach, expect, test } from 'bun:test'
import { entry, follow, numbered } from '../../contract/recorder.ts'
import { openEmbedded } from './open-embedded.ts'

let cleanup: () => Promise<void>
afterEach(() => cleanup())

test('a follower is there once it has been handed all that was in the log', async () => {
  const embedded = await openEmbedded()
  cleanup = embedded.cleanup
  // More than one batch: between two the event loop goes round, and somebody could be served.
  const values = numbered(1_700)
  await embedded.first.log.append(values.map((value) => entry('order', value)))
  const { recorder } = await follow(embedded.first.log)
  expect(recorder.valuesOf('order')).toEqual(values)
})

test('appends are refused while a follower is far behind, and taken again once it has caught up', async () => {
  const embedded = await openEmbedded()
  cleanup = embedded.cleanup
  const { log } = embedded.first
  const gate = Promise.withResolvers<void>()
  const { recorder } = await follow(log, { onBatch: () => gate.promise })
  const append = (count: number) => log.append(numbered(count).map((value) => entry('order', value)))
  await append(1)
  for (let i = 0; i < 20; i++) await append(1_000)
  const refused = append(1)
  gate.resolve()
  await expect(refused).rejects.toMatchObject({ code: 'overloaded', status: 503 })
  await recorder.waitFor('order', 20_001)
  await append(1)
  await recorder.waitFor('order', 20_002)
})

test('a gap that retention has left is not a backlog', async () => {
  const embedded = await openEmbedded()
  cleanup = embedded.cleanup
  const { first } = embedded
  await first.log.append([entry('order', 'old')])
  first.file.db.run("UPDATE sqlite_sequence SET seq = 1000000 WHERE name = 'log'")
  first.file.db.run('DELETE FROM log')
  const { log } = await embedded.reopen()
  const { recorder } = await follow(log)
  await log.append([entry('order', 'new')])
  expect(await recorder.waitFor('order', 1)).toEqual(['new'])
})
