/** A topic that is deleted and made anew: nobody stays deaf, and what comes first there is heard. */

import { beforeAll, expect, test } from 'bun:test'
import { Kafka, logLevel } from 'kafkajs'
import { topicNames } from '../../../src/adapters/distributed/topics.ts'
import { fresh } from '../../contract/recorder.ts'
import { sharedKafka } from '../../services/shared-servers.ts'
import { until } from '../../support/until.ts'
import { openKafkaLogAt } from './open-kafka-log.ts'

let brokers: string[]

beforeAll(async () => {
  brokers = (await sharedKafka()).brokers
}, 60_000)

// The first with a lower end than the tail has seen, the second with a higher one.
test.each([1, 20])(
  'a tail of 5 facts hears the %i of its new topic',
  async (count) => {
    const prefix = `${fresh('anew')}.`
    const { log } = await openKafkaLogAt(brokers, prefix)
    const told: string[] = []
    await log.tail('delivery.order.v1', (_key, value) => told.push(`${value}`))
    for (let i = 0; i < 5; i++) await log.publish('delivery.order.v1', `a${i}`, 'old')
    await until(() => told.length === 5, 'the old facts')

    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topicNames(prefix).facts['delivery.order.v1']] })
    await admin.disconnect()
    const other = await openKafkaLogAt(brokers, prefix)
    try {
      for (let i = 0; i < count; i++) await other.log.publish('delivery.order.v1', `b${i}`, `new ${i}`)
      const expected = Array.from({ length: count }, (_, i) => `new ${i}`)
      await until(() => expected.every((value) => told.includes(value)), 'the new facts', 20_000)
      expect(told.slice(5)).toEqual(expected)
      // The one who published to the former topic goes on with the new one.
      const published = () =>
        log.publish('delivery.order.v1', 'c', 'last').then(
          () => true,
          () => false,
        )
      await until(published, 'another fact', 20_000)
      await until(() => told.includes('last'), 'the last fact', 20_000)
    } finally {
      await log.close()
      await other.log.close()
    }
  },
  60_000,
)
