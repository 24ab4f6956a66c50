import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchange } from '../support/raw-http.ts'
import { eventually } from '../support/server.ts'
import { BODY_ROWS, CONTROL_ROWS, FRAME_ROWS, REQUEST_ROWS } from './bad-input-rows.ts'
import { type BadInputServer, startBadInputServer } from './bad-input-table.ts'

let target: BadInputServer
beforeAll(async () => {
  target = await startBadInputServer()
})
afterAll(() => target.server.close())

for (const [group, rows] of [
  ['bodies', BODY_ROWS],
  ['the control plane', CONTROL_ROWS],
  ['requests', REQUEST_ROWS],
] as const) {
  describe(group, () => {
    for (const row of rows) {
      test.concurrent(`${row.name}: ${row.expected}`, async () => {
        expect(await target.tryInput(row)).toBe(row.expected)
      })
    }
  })
}

describe('frames', () => {
  for (const row of FRAME_ROWS) {
    test.concurrent(`${row.name}: ${row.expected}`, async () => {
      expect(await target.tryFrame(row)).toBe(row.expected)
    })
  }
})

describe('after all of it', () => {
  test('the server works as before, and none of it was a failure of ours', async () => {
    const { server } = target
    expect((await server.post('dp1', { lat: 1, lng: 2 })).body).toMatchObject({ accepted: 1 })
    const { text } = await server.call('GET', '/metrics', { token: await server.token('ADMIN', 'a') })
    expect(text).not.toMatch(/zlt_http_requests_total\{status="5/)
    expect(text).not.toMatch(/zlt_background_errors_total\{/)
    expect(text).not.toMatch(/zlt_records_poisoned_total\{/)
    expect(({} as Record<string, unknown>).role).toBeUndefined()
    await eventually('no viewer is left', async () => (await server.metric('zlt_viewers')) === 0)
  })

  test('connections that never finish their request are closed', async () => {
    const head = 'GET /healthz HTTP/1.1\r\nHost'
    const body = `POST /location HTTP/1.1\r\nHost: a\r\n${target.authorization('rider')}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`
    const slow = [head, body].map((bytes) => exchange(target.server.port, bytes, { withinMs: 20_000 }))
    for (const { answers, closed } of await Promise.all(slow)) expect([answers, closed]).toEqual([[], true])
  }, 25_000)
})
