import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { ZltError } from '../../src/errors.ts'
import { MAX_PARKED } from '../../src/ingest/resolve-orders.ts'
import { type IngestServer, startIngestServer } from '../support/ingest-server.ts'

let ingest: IngestServer
beforeAll(() => {
  ingest = startIngestServer()
})
afterAll(() => ingest.close())
beforeEach(() => {
  ingest.records.length = 0
  ingest.onAppend = () => {}
})

const inHand = (partner_id: string, assignment = 7) =>
  ({ partner_id, assignment, status: 'assigned', visible: true }) as const
const fix = { lat: 12.97, lng: 77.59 }

describe('which orders a fix is for', () => {
  test('a rider with two visible orders gets two records', async () => {
    ingest.put({ id: 'a1', ...inHand('two', 11) })
    ingest.put({ id: 'a2', ...inHand('two', 12) })
    ingest.put({ id: 'a3', ...inHand('two', 13), visible: false })
    ingest.put({ id: 'a4', ...inHand('other') })
    const answer = await ingest.post('two', fix)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toMatchObject({ accepted: 1, results: [{ status: 'accepted' }] })
    expect(ingest.records.map(({ order_id, assignment }) => [order_id, assignment])).toEqual([
      ['a1', 11],
      ['a2', 12],
    ])
    for (const record of ingest.records) expect(record).toMatchObject({ ...fix, partner_id: 'two' })
  })

  test('at most eight', async () => {
    for (let i = 0; i < 10; i++) ingest.put({ id: `m${i}`, ...inHand('many') })
    await ingest.post('many', fix)
    expect(ingest.records).toHaveLength(8)
  })

  test('a rider without a visible order: 202 with no_visible_order, and nothing is kept', async () => {
    ingest.put({ id: 'over', ...inHand('ended'), status: 'delivered' })
    for (const [sub, body] of [
      ['nobody', fix],
      ['ended', { ...fix, order_id: 'over' }],
    ] as const) {
      const answer = await ingest.post(sub, body)
      expect(answer.status).toBe(202)
      const { accepted, results } = (await answer.json()) as { accepted: number; results: { code: string }[] }
      expect([accepted, results[0]?.code]).toEqual([1, 'no_visible_order'])
    }
    expect(ingest.records).toEqual([])
  })

  test('an order that is only named by the token is vouched for', async () => {
    await ingest.post('v', { ...fix, order_id: 'nobody-knows' }, ['nobody-knows'])
    expect(ingest.records).toMatchObject([{ order_id: 'nobody-knows', assignment: 0, vouched: true }])
  })

  test('a token with orders is for those alone, also where others are the rider’s', async () => {
    ingest.put({ id: 's1', ...inHand('scoped') })
    ingest.put({ id: 's2', ...inHand('scoped') })
    await ingest.post('scoped', fix, ['s1'])
    expect(ingest.records.map(({ order_id }) => order_id)).toEqual(['s1'])
    expect((await ingest.post('scoped', { ...fix, order_id: 's2' }, ['s1'])).status).toBe(404)
    ingest.put({ id: 's3', ...inHand('someone-else') })
    expect((await ingest.post('scoped', { ...fix, order_id: 's3' }, ['s3'])).status).toBe(404)
  })

  test('a stub of an ended order forbids vouching', async () => {
    ingest.put({ id: 'stub', status: 'delivered', gone: true })
    expect((await ingest.post('v', { ...fix, order_id: 'stub' }, ['stub'])).status).toBe(404)
    expect(ingest.records).toEqual([])
  })
})

describe('parking', () => {
  test('an order that becomes known 100 ms later is a 202', async () => {
    const startedMs = performance.now()
    const answer = ingest.post('late', { ...fix, order_id: 'soon' })
    await Bun.sleep(60)
    ingest.put({ id: 'soon', status: 'created' })
    await Bun.sleep(40)
    ingest.put({ id: 'soon', ...inHand('late', 99) })
    expect((await answer).status).toBe(202)
    expect(performance.now() - startedMs).toBeWithin(95, 220)
    expect(ingest.records).toMatchObject([{ order_id: 'soon', assignment: 99 }])
  })

  test('unknown and foreign get one answer after one time', async () => {
    ingest.put({ id: 'foreign', ...inHand('another') })
    const timed = async (order_id: string) => {
      const startedMs = performance.now()
      const answer = await ingest.post('me', { ...fix, order_id })
      const { trace_id: _, ...problem } = (await answer.json()) as Record<string, unknown>
      return { problem, tookMs: performance.now() - startedMs }
    }
    const [unknown, foreign] = await Promise.all([timed('unknown'), timed('foreign')])
    expect(unknown.problem).toEqual(foreign.problem)
    expect(unknown.problem).toMatchObject({ status: 404, code: 'order_not_found' })
    for (const { tookMs } of [unknown, foreign]) expect(tookMs).toBeWithin(240, 400)
  })

  test('many unknown orders of one request wait once', async () => {
    const startedMs = performance.now()
    const body = Array.from({ length: 20 }, (_, i) => ({ ...fix, order_id: `none${i}` }))
    expect((await ingest.post('me', body)).status).toBe(404)
    expect(performance.now() - startedMs).toBeLessThan(450)
  })

  test('beyond the limit nothing waits, and the rest of an array is taken all the same', async () => {
    ingest.put({ id: 'known', ...inHand('me') })
    ingest.resolver.parked = MAX_PARKED
    try {
      const startedMs = performance.now()
      const answer = await ingest.post('me', [
        { ...fix, order_id: 'unknown' },
        { ...fix, order_id: 'known' },
      ])
      expect(performance.now() - startedMs).toBeLessThan(200)
      expect(answer.status).toBe(202)
      expect(await answer.json()).toMatchObject({
        accepted: 1,
        results: [{ status: 'rejected', code: 'order_not_found' }, { status: 'accepted' }],
      })
    } finally {
      ingest.resolver.parked = 0
    }
  })

  test('nothing stays parked', () => expect(ingest.resolver.parked).toBe(0))
})

describe('times', () => {
  const send = async (fixes: unknown[]) => {
    const beforeMs = Date.now()
    const answer = await ingest.post('clock', fixes)
    return { answer, body: (await answer.json()) as { results: Record<string, unknown>[] }, beforeMs }
  }
  beforeAll(() => ingest.put({ id: 'timed', ...inHand('clock') }))

  test('a phone whose clock is fast is shifted, which keeps the intervals', async () => {
    const aheadMs = Date.now() + 3_600_000
    const { answer, beforeMs } = await send([0, 1_000, 2_000].map((i) => ({ ...fix, fix_time_ms: aheadMs + i })))
    expect(answer.status).toBe(202)
    const times = ingest.records.map(({ fix_time_ms }) => fix_time_ms)
    expect(times[2] - times[0]).toBe(2_000)
    expect(times[2]).toBeWithin(beforeMs, Date.now() + 1)
    expect(ingest.records[0]?.device_time_ms).toBe(aheadMs)
    expect(ingest.records[2]?.timestamp).toBe(Math.floor(times[2] / 1000))
  })

  test('one stamp far ahead of all others is rejected alone, and the pointer names what was sent', async () => {
    const nowMs = Date.now()
    for (const [name, value] of [
      ['fix_time_ms', nowMs + 3_600_000],
      ['timestamp', (nowMs + 3_600_000) / 1000],
    ] as const) {
      ingest.records.length = 0
      const { answer, body } = await send([
        { ...fix, fix_time_ms: nowMs - 1_000 },
        { ...fix, [name]: value },
        { ...fix, fix_time_ms: nowMs },
      ])
      expect(answer.status).toBe(202)
      expect(body.results[1]).toMatchObject({ status: 'rejected', code: 'future_time', pointer: `/1/${name}` })
      expect(ingest.records.map(({ fix_time_ms }) => fix_time_ms)).toEqual([nowMs - 1_000, nowMs])
    }
  })

  test('fix_time_ms wins over timestamp; without either the receive time counts', async () => {
    const nowMs = Date.now()
    await send([{ ...fix, fix_time_ms: nowMs - 5_000, timestamp: 1_000_000_000 }, fix])
    expect(ingest.records[0]?.fix_time_ms).toBe(nowMs - 5_000)
    expect(ingest.records[1]?.fix_time_ms).toBe(ingest.records[1]?.received_ms)
  })

  test('a timestamp keeps its milliseconds', async () => {
    await send([{ ...fix, timestamp: 1_760_000_000.123 }])
    expect(ingest.records[0]).toMatchObject({ fix_time_ms: 1_760_000_000_123, timestamp: 1_760_000_000 })
  })

  test('times outside 2000–2100 are a question of units', async () => {
    const rows: [Record<string, number>, string][] = [
      [{ timestamp: 0 }, '/0/timestamp'],
      [{ timestamp: -1 }, '/0/timestamp'],
      [{ timestamp: Date.now() }, '/0/timestamp'],
      [{ timestamp: 2 ** 53 }, '/0/timestamp'],
      [{ fix_time_ms: Math.floor(Date.now() / 1000) }, '/0/fix_time_ms'],
      [{ fix_time_ms: 0, timestamp: Date.now() / 1000 }, '/0/fix_time_ms'],
      [{ fix_time_ms: 946_684_799_999 }, '/0/fix_time_ms'],
      [{ fix_time_ms: 4_102_444_800_000 }, '/0/fix_time_ms'],
    ]
    for (const [time, pointer] of rows) {
      const { answer, body } = await send([{ ...fix, ...time }])
      expect([answer.status, (body as unknown as { code: string }).code]).toEqual([400, 'time_unit'])
      expect(body).toMatchObject({ errors: [{ pointer, code: 'time_unit' }] })
    }
  })
})

describe('when the log does not take it', () => {
  for (const code of ['log_unavailable', 'disk_full', 'overloaded'] as const) {
    test(`${code}: 503 with Retry-After, and nothing is said to be accepted`, async () => {
      ingest.put({ id: 'kept', ...inHand('brave') })
      ingest.onAppend = () => {
        throw new ZltError(code, 'not now', { retryAfterMs: 2_500 })
      }
      const answer = await ingest.post('brave', [fix, fix])
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3'])
      const problem = (await answer.json()) as Record<string, unknown>
      expect(problem).toMatchObject({ status: 503, code, type: `urn:zlt:error:${code}` })
      expect(problem).not.toHaveProperty('accepted')
      expect(ingest.failures).toEqual([])
    })
  }

  test('an unexpected failure is a 500 that shows nothing of itself', async () => {
    ingest.put({ id: 'kept', ...inHand('brave') })
    ingest.onAppend = () => {
      throw new Error('secret /path')
    }
    const answer = await ingest.post('brave', fix)
    expect(answer.status).toBe(500)
    const text = await answer.text()
    expect(text).toContain('"code":"internal"')
    expect(text).not.toContain('secret')
    expect(ingest.failures.splice(0)).toHaveLength(1)
  })
})
