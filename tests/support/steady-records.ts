/** Appends numbered records to all partitions of a topic in turn, and knows which offsets were acknowledged. */

import { Kafka, logLevel, Partitioners } from 'kafkajs'
import type { MemberEvent } from './group-member.ts'

export interface SteadyRecords {
  /** Acknowledged offsets by partition. */
  acknowledged: Map<number, number[]>
  stop(): Promise<void>
}

/** One record each `everyMs`; sends that fail are left out, and the flow goes on. */
export async function startSteadyRecords(
  brokers: readonly string[],
  topic: string,
  partitions: number,
  everyMs = 5,
): Promise<SteadyRecords> {
  const kafka = new Kafka({
    brokers: [...brokers],
    requestTimeout: 1_000,
    connectionTimeout: 500,
    retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 5 },
    logLevel: logLevel.NOTHING,
  })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, metadataMaxAge: 1_000 })
  await producer.connect()
  const acknowledged = new Map<number, number[]>(Array.from({ length: partitions }, (_, i) => [i, []]))
  let number = 0
  let isStopped = false
  const run = async () => {
    while (!isStopped) {
      const partition = number++ % partitions
      try {
        const [answer] = await producer.send({ topic, acks: -1, messages: [{ partition, value: String(number) }] })
        acknowledged.get(partition)?.push(Number(answer?.baseOffset))
      } catch {
        // Not acknowledged: it may be stored or not.
      }
      await Bun.sleep(everyMs)
    }
  }
  const running = run()
  return {
    acknowledged,
    async stop() {
      isStopped = true
      await running
      await producer.disconnect()
    },
  }
}

/** Of the acknowledged offsets, those that no member was handed, as `partition:offset`. */
export function undelivered(
  { acknowledged }: SteadyRecords,
  members: readonly { events: readonly MemberEvent[] }[],
): string[] {
  const missing: string[] = []
  for (const [partition, offsets] of acknowledged) {
    const ranges = members.flatMap(({ events }) =>
      events.filter((event) => event.what === 'batch' && event.partition === partition),
    )
    for (const at of offsets) {
      if (!ranges.some(({ from = 0, to = -1 }) => from <= at && at <= to)) missing.push(`${partition}:${at}`)
    }
  }
  return missing
}
