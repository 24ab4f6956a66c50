/** Fetches and prepares Kafka before the tests, so that no test waits for that. Does nothing when it is there. */

import { kafkaHome } from './kafka-home.ts'

try {
  await kafkaHome()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
