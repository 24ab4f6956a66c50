import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
afterEach(() => server.close())

/** Puts rows into the file of a server that is down, as an older program or a bad disk may leave them. */
function saveTracks(rows: Record<string, string>): void {
  const db = new Database(join(server.config.data, 'log.db'))
  for (const [id, json] of Object.entries(rows)) {
    db.run('INSERT OR REPLACE INTO tracks (order_id, at, json, saved_ms, points) VALUES (?, 0, ?, ?, 0)', [
      id,
      json,
      Date.now(),
    ])
  }
  db.close()
}

const trackOf = async (id: string) =>
  server.call('GET', `/orders/${id}/track`, { token: await server.token('ADMIN', 'root') })

test('a saved track that cannot be used costs its own order one fix, and no other order anything', async () => {
  server = await startTestServer()
  const ids = ['text', 'shape', 'place', 'trip', 'sound']
  for (const id of ids) await server.order(id, { customer: 'c1', partner: 'dp1', drop: { lat: 1, lng: 1 } })
  const { assignment } = (await trackOf('trip')).body.order
  await server.stop()
  const place = { at: 0, lat: 1, lng: 1, timeMs: 1, deviceTimeMs: 1, receivedMs: 1 }
  const motion = { kind: 'waiting', sinceMs: 1, lat: 1, lng: 1, anchorMs: 1 }
  const rest = { lagMs: 0, intervalMs: 0, lateRejects: [], jumpRejects: [], dropped: {} }
  saveTracks({
    text: '{"orderId":"te',
    shape: '{"orderId":"shape"}',
    place: JSON.stringify({ orderId: 'place', at: 0, assignment: 0, motion, ...rest, last: { lat: 1 } }),
    trip: JSON.stringify({ orderId: 'trip', at: 0, assignment, motion, ...rest, last: place, trip: {} }),
  })
  await server.start()

  // Watching comes first: what fails there has no caller to tell.
  for (const id of ids) expect((await trackOf(id)).body).not.toHaveProperty('pending')
  // One fix for all of them is one append, and so one batch.
  expect((await server.post('dp1', { lat: 1.001, lng: 1.001 })).status).toBe(202)
  for (const id of ids) {
    await eventually(`the position of ${id}`, async () => (await trackOf(id)).body.position?.lat === 1.001)
  }
  expect(await server.metric('zlt_background_errors_total')).toBeGreaterThanOrEqual(4)
})
