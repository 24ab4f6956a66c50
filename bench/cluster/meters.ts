/** What a stretch of time cost an installation: CPU of each process, round trips to Redis and Kafka. */

import { processCpuS } from '../../cli/simulate/cpu'
import type { Cluster } from '../../tests/faults/cluster/cluster'

export interface Cost {
  seconds: number
  /** Seconds of CPU by the process's name; `kafka`, `redis` and `postgres` too. */
  cpuS: Record<string, number>
  /** Round trips that the processes made. */
  redisTrips: number
  kafkaTrips: number
}

interface Reading {
  atMs: number
  cpuS: Record<string, number>
  redisTrips: number
  kafkaTrips: number
}

/** Measures what `work` costs. */
export async function measured(cluster: Cluster, work: () => Promise<void>): Promise<Cost> {
  const before = await read(cluster)
  await work()
  const after = await read(cluster)
  const cpuS: Record<string, number> = {}
  for (const [name, value] of Object.entries(after.cpuS)) cpuS[name] = value - (before.cpuS[name] ?? 0)
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    cpuS,
    redisTrips: after.redisTrips - before.redisTrips,
    kafkaTrips: after.kafkaTrips - before.kafkaTrips,
  }
}

/** The CPU of all processes whose name begins with `prefix`. */
export function cpuOf({ cpuS }: Cost, prefix: string): number {
  return Object.entries(cpuS).reduce((sum, [name, value]) => (name.startsWith(prefix) ? sum + value : sum), 0)
}

async function read(cluster: Cluster): Promise<Reading> {
  const cpuS: Record<string, number> = {}
  for (const one of cluster.processes) cpuS[one.name] = one.cpuS()
  const sum = (pids: number[]) => pids.reduce((total, pid) => total + (processCpuS(pid) ?? 0), 0)
  cpuS.kafka = sum(cluster.kafka.pids())
  cpuS.redis = sum(cluster.redis.pids())
  const trips = { kafka: 0, redis: 0 }
  for (const one of [...cluster.ingests, ...cluster.fanouts]) {
    for (const [metric, value] of await one.metrics()) {
      if (metric.startsWith('zlt_kafka_requests_total')) trips.kafka += value
      if (metric.startsWith('zlt_redis_commands_total')) trips.redis += value
    }
  }
  return { atMs: performance.now(), cpuS, redisTrips: trips.redis, kafkaTrips: trips.kafka }
}
