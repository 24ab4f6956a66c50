import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestServer, type TestServer } from '../support/server.ts'
import { runZlt } from './run-zlt'

let server: TestServer
/** A process that says what the tests have it say. */
let other: Bun.Server<undefined>
let answers: Record<string, () => Response>
beforeAll(async () => {
  server = await startTestServer()
  other = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => answers[new URL(request.url).pathname]?.() ?? new Response('<html>', { status: 404 }),
  })
})
afterAll(async () => {
  await server.close()
  await other.stop(true)
})

const health = () => Response.json({ status: 'ok', version: '1.2.3', service: 'fanout' })
const saysReady = (status: string, reasons: string[], code = 200) => {
  answers = { '/healthz': health, '/readyz': () => Response.json({ status, reasons }, { status: code }) }
}
const status = (...args: string[]) => runZlt(['status', '--url', other.url.origin, ...args])

describe('status', () => {
  test('of a server that is well', async () => {
    const { code, stdout } = await runZlt(['status', '--url', server.url])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\S+: role all, version \S+: ready\n$/)])
  })

  test('exits 0 when it is degraded and 1 when it is unready, with the reasons', async () => {
    saysReady('degraded', ['Redis does not answer'])
    const degraded = await status()
    expect(degraded).toMatchObject({ code: 0, stderr: '' })
    expect(degraded.stdout.split('\n')).toEqual([
      `${other.url.origin}: role fanout, version 1.2.3: degraded`,
      '  Redis does not answer',
      '',
    ])
    saysReady('unready', ['going away'], 503)
    const unready = await status('--json')
    expect(unready.code).toBe(1)
    expect(JSON.parse(unready.stdout)).toEqual({
      url: other.url.origin,
      role: 'fanout',
      version: '1.2.3',
      status: 'unready',
      reasons: ['going away'],
    })
  })

  test('exits 3 when nothing answers, and 1 when it is not zlt', async () => {
    const nobody = await runZlt(['status', '--url', 'http://127.0.0.1:1'])
    expect(nobody).toMatchObject({ code: 3, stderr: expect.stringContaining('no answer from http://127.0.0.1:1') })
    answers = {}
    expect(await status()).toMatchObject({ code: 1, stderr: expect.stringContaining('did not answer as zlt does') })
  })
})
