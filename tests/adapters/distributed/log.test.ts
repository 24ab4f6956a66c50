/** The log on Kafka keeps the contract that the embedded one keeps. */

import { beforeAll } from 'bun:test'
import { topicNames } from '../../../src/adapters/distributed/topics.ts'
import { describeLogContract } from '../../contract/log.contract.ts'
import { fresh } from '../../contract/recorder.ts'
import { sharedKafka } from '../../services/shared-servers.ts'
import { openKafkaLogAt } from './open-kafka-log.ts'
import { readRejected } from './read-topic.ts'

let brokers: readonly string[]

beforeAll(async () => {
  brokers = (await sharedKafka()).brokers
}, 60_000)

/** Topics for all cases: each uses keys and groups of its own. */
const prefix = `${fresh('contract')}.`

describeLogContract('the log on Kafka', async () => {
  let { log } = await openKafkaLogAt(brokers, prefix)
  return {
    log,
    async reopen() {
      await log.close()
      log = (await openKafkaLogAt(brokers, prefix)).log
      return log
    },
    rejected: () => readRejected(brokers, topicNames(prefix).rejected),
    cleanup: () => log.close(),
  }
})
