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
