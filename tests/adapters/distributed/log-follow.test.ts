import { afterAll, beforeAll } from 'bun:test'
import { type KafkaLog, openKafkaLog } from '../../../src/adapters/distributed/log.ts'
import { configOf } from '../../../src/config.ts'
import { Metrics } from '../../../src/metrics.ts'
import { describeCases } from '../../contract/cases.ts'
import { FOLLOW_CASES } from '../../contract/log-follow.cases.ts'
import { fresh } from '../../contract/recorder.ts'
import { sharedKafka } from '../../services/shared-servers.ts'

let brokers: string[]
beforeAll(async () => {
  brokers = (await sharedKafka()).brokers
}, 60_000)
afterAll(() => {})

describeCases('the log on Kafka keeps what following promises', FOLLOW_CASES, async () => {
  const topicPrefix = `${fresh('follow')}.`
  const opened: KafkaLog[] = []
  const open = async () => {
    const config = configOf({ brokers, partitions: 4, replication: 1 })
    const onError = (error: unknown, where: unknown) => console.log(String(error), where)
    const log = await openKafkaLog(config, { node: 'test.1', metrics: new Metrics(), onError, topicPrefix })
    opened.push(log)
    return log
  }
  return {
    log: await open(),
    async reopen() {
      await opened.at(-1)?.close()
      return open()
    },
    rejected: async () => [],
    async cleanup() {
      for (const log of opened) await log.close()
    },
  }
})
