import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type Check, createReadiness } from '../../src/roles/readiness.ts'
import { type Cluster, openCluster, type RoleNode } from '../support/role-nodes.ts'
import { eventually } from '../support/server.ts'
import { until } from '../support/until.ts'

const check = (run: Check['run'], silence: Check['silence'] = 'unready'): Check => ({ name: 'it', silence, run })

describe('the question', () => {
  test('is answered by the worst that was found, and all reasons', async () => {
    const fine = check(() => [])
    const degraded = check(() => [{ status: 'degraded', reason: 'slow' }])
    const unready = check(async () => [{ status: 'unready', reason: 'gone' }])
    expect(await createReadiness([fine])()).toEqual({ status: 'ready', reasons: [] })
    expect(await createReadiness([fine, degraded])()).toEqual({ status: 'degraded', reasons: ['slow'] })
    expect(await createReadiness([unready, degraded, degraded])()).toEqual({
      status: 'unready',
      reasons: ['gone', 'slow'],
    })
  })

  test('names what fails, as bad as its silence is', async () => {
    const fails = () => {
      throw new Error('no route to host')
    }
    expect(await createReadiness([check(fails, 'degraded')])()).toEqual({
      status: 'degraded',
      reasons: ['it: no route to host'],
    })
  })

  test('is answered within a second whatever hangs, which is not asked again until it has answered', async () => {
    let asked = 0
    const gate = Promise.withResolvers<void>()
    const hangs = check(async () => {
      asked += 1
      await gate.promise
      return []
    })
    const readiness = createReadiness([hangs])
    const startMs = performance.now()
    expect(await readiness()).toEqual({ status: 'unready', reasons: ['it does not answer'] })
    expect(performance.now() - startMs).toBeLessThan(1_000)
    await Bun.sleep(260)
    expect((await readiness()).status).toBe('unready')
    expect(asked).toBe(1)
    gate.resolve()
    await until(async () => (await readiness()).status === 'ready')
  })

  test('costs the same, however many ask', async () => {
    let asked = 0
    const readiness = createReadiness([
      check(async () => {
        asked += 1
        await Bun.sleep(10)
        return []
      }),
    ])
    await Promise.all(Array.from({ length: 100 }, readiness))
    expect(asked).toBe(1)
    await until(async () => (await readiness()).status === 'ready' && asked === 2)
  })
})

describe('a node', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = openCluster()
  })
  afterEach(() => cluster.close())

  const state = async (node: RoleNode) => {
    const { status, headers, body } = await node.call('GET', '/readyz')
    expect([status, headers.get('retry-after')]).toEqual(body.status === 'unready' ? [503, '1'] : [200, null])
    return body as { status: string; reasons: string[] }
  }
  const becomes = (node: RoleNode, status: string) =>
    eventually(status, async () => {
      const now = await state(node)
      return now.status === status && now.reasons
    })
  type Health = { ok: true } | { ok: false; reason: string }

  test('without the log is unready if it takes fixes, and degraded if it shows them', async () => {
    await cluster.start('auth')
    let health: Health = { ok: true }
    const log = () => ({ health: async () => health })
    const [ingest, fanout] = [await cluster.start('ingest', { log }), await cluster.start('fanout', { log })]
    expect(await state(ingest)).toEqual({ status: 'ready', reasons: [] })
    health = { ok: false, reason: 'no broker answers' }
    expect(await becomes(ingest, 'unready')).toEqual(['no broker answers'])
    expect(await becomes(fanout, 'degraded')).toEqual(['no broker answers'])
    health = { ok: true }
    await becomes(ingest, 'ready')
    await becomes(fanout, 'ready')
  })

  test('whose facts are 30 s behind is unready', async () => {
    await cluster.start('auth')
    let behindMs = 30_000
    const log = () => ({ factsBehindMs: () => behindMs })
    const fanout = await cluster.start('fanout', { log })
    expect((await state(fanout)).status).toBe('ready')
    behindMs = 42_000
    expect(await becomes(fanout, 'unready')).toEqual(['orders and revocations are 42 s behind'])
  })

  test('that knows no epoch yet is unready, until an auth node has published one', async () => {
    const first = await cluster.start('ingest', { settings: { signingKeys: await cluster.makeKeys() } })
    expect(await becomes(first, 'unready')).toEqual([
      'the epoch is not known yet: an auth node publishes it when it starts',
    ])
    await cluster.start('auth')
    await becomes(first, 'ready')
  })

  test('without mail is degraded', async () => {
    await cluster.start('auth')
    let health: Health = { ok: true }
    const fanout = await cluster.start('fanout', { mail: () => ({ health: async () => health }) })
    health = { ok: false, reason: 'Redis does not answer' }
    expect(await becomes(fanout, 'degraded')).toEqual(['Redis does not answer'])
    health = { ok: true }
    await becomes(fanout, 'ready')
  })
})
