/** What the log says and does while Kafka is frozen or dead, and that all goes on when it is back. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { entry, fresh } from '../../contract/recorder.ts'
import { type KafkaService, startKafka } from '../../services/kafka.ts'
import { until } from '../../support/until.ts'
import { type OpenKafkaLog, openKafkaLogAt } from './open-kafka-log.ts'

let kafka: KafkaService

beforeAll(async () => {
  kafka = await startKafka()
}, 60_000)

afterAll(() => kafka?.stop())

const opened: OpenKafkaLog[] = []
afterAll(async () => {
  for (const { log } of opened) await log.close()
})

async function open(): Promise<OpenKafkaLog> {
  const one = await openKafkaLogAt(kafka.brokers, `${fresh('away')}.`)
  opened.push(one)
  return one
}

/** How long the work took, and what came of it: its value, or the code of its error. */
async function timed<T>(work: Promise<T>) {
  const startedMs = performance.now()
  const outcome = await work.catch((error) => error.code as string)
  return { outcome, tookMs: performance.now() - startedMs }
}

const AWAYS = [
  { how: 'frozen', leave: async () => kafka.pause(), comeBack: async () => kafka.resume() },
  { how: 'killed', leave: () => kafka.kill(), comeBack: () => kafka.restart() },
] as const

describe.each(AWAYS)('while Kafka is $how', ({ leave, comeBack }) => {
  test('everybody is told so in time, and all goes on afterwards', async () => {
    const { log, metrics } = await open()
    const told: string[] = []
    await log.tail('delivery.order.v1', (key, value) => told.push(`${key}=${value}`))
    await log.append([entry('order', 'before')])
    await log.publish('delivery.order.v1', 'a', '1')
    expect(await log.health()).toEqual({ ok: true })

    await leave()
    try {
      // A signal takes a moment, and so does an append that was acknowledged just before.
      const unhealthy = async () => {
        const health = await timed(log.health())
        expect(health.tookMs).toBeLessThan(1_500)
        return (health.outcome as { ok: boolean }).ok === false
      }
      await until(unhealthy, 'the bad news', 10_000)
      const [append, publish] = await Promise.all([
        timed(log.append([entry('order', 'meanwhile')])),
        timed(log.publish('delivery.order.v1', 'a', '2')),
      ])
      expect([append.outcome, publish.outcome]).toEqual(['log_unavailable', 'log_unavailable'])
      expect(Math.max(append.tookMs, publish.tookMs)).toBeLessThan(3_000)
      // That nobody can tell is not that facts are behind.
      expect(log.factsBehindMs()).toBe(0)
    } finally {
      await comeBack()
    }
    const healthy = async () => (await log.health()).ok
    await until(healthy, 'health', 30_000)
    const appended = () =>
      log.append([entry('order', 'after')]).then(
        () => true,
        () => false,
      )
    await until(appended, 'an append', 30_000)
    const published = () =>
      log.publish('delivery.order.v1', 'a', '3').then(
        () => true,
        () => false,
      )
    await until(published, 'a fact', 30_000)
    await until(() => told.includes('a=3'), 'the fact', 30_000)
    // What was refused may have been stored, but then in its place.
    expect([
      ['a=1', 'a=3'],
      ['a=1', 'a=2', 'a=3'],
    ]).toContainEqual([...new Set(told)])
    expect(metrics.value('zlt_kafka_requests_total', 'Produce')).toBeGreaterThan(2)
  }, 90_000)

  test('closing does not wait for it', async () => {
    const { log } = await open()
    await log.tail('delivery.access.v1', () => {})
    await leave()
    try {
      await until(async () => !(await log.health()).ok, 'the bad news', 10_000)
      const appended = timed(log.append([entry('order', 'last')]))
      expect((await timed(log.close())).tookMs).toBeLessThan(6_000)
      expect((await appended).outcome).toBe('log_unavailable')
    } finally {
      await comeBack()
    }
  }, 90_000)
})
