/** The embedded log on a file of its own, with a hook before each publication to make it fail or wait. */

import { EmbeddedLog } from '../../src/adapters/embedded/log.ts'
import { openLogFile } from '../../src/adapters/embedded/log-file.ts'
import type { FactTopic, Log } from '../../src/ports/log.ts'

export interface TestLog {
  log: Log
  /** Each publication the log took, in order. */
  published: { topic: FactTopic; key: string; value: string | null }[]
  /** Called before each; what it throws, the publisher gets. */
  beforePublish: (key: string, value: string | null) => void | Promise<void>
  /** What `mayHaveRewound` answers. */
  rewound: boolean
  /** What the topic holds now, as a new follower would see it. */
  facts(topic: FactTopic): Promise<Map<string, string>>
  close(): Promise<void>
}

export function openTestLog(path: string): TestLog {
  const onError = (error: unknown) => {
    throw error
  }
  const file = openLogFile(path, 'normal', onError)
  const embedded = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  const test: TestLog = {
    log: {
      partitions: 1,
      partitionOf: (key) => embedded.partitionOf(key),
      append: (entries) => embedded.append(entries),
      follow: (group, follower) => embedded.follow(group, follower),
      reject: (rejected) => embedded.reject(rejected),
      async publish(topic, key, value) {
        await test.beforePublish(key, value)
        await embedded.publish(topic, key, value)
        test.published.push({ topic, key, value })
      },
      tail: (topic, onFact) => embedded.tail(topic, onFact),
      factsBehindMs: () => embedded.factsBehindMs(),
      mayHaveRewound: () => test.rewound,
      health: () => embedded.health(),
      close: () => embedded.close(),
    },
    published: [],
    beforePublish: () => {},
    rewound: false,
    async facts(topic) {
      const facts = new Map<string, string>()
      const tail = await embedded.tail(topic, (key, value) => value !== null && facts.set(key, value))
      await tail.close()
      return facts
    },
    async close() {
      await embedded.close()
      file.close()
    },
  }
  return test
}
