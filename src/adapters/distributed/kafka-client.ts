/** The one place that makes kafkajs clients, and what all of them have in common. */

import { readFileSync } from 'node:fs'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import type { Config } from '../../config'
import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'

/** What names the cluster and how to speak to it. */
export type ClusterConfig = Pick<
  Config,
  | 'brokers'
  | 'kafkaTls'
  | 'kafkaCa'
  | 'kafkaCert'
  | 'kafkaKey'
  | 'kafkaSaslMechanism'
  | 'kafkaUsername'
  | 'kafkaPassword'
>

/** For requests of the steady flow; what makes topics needs longer. */
const REQUEST_TIMEOUT_MS = 1_000
const CONNECTION_TIMEOUT_MS = 500

/** All numbers are named here: kafkajs' own defaults differ under a test runner. */
export const RETRY = { initialRetryTime: 50, maxRetryTime: 250, retries: 5, factor: 0.2, multiplier: 2 }

/** The same complaint comes with each attempt: it is reported once in so long. */
const QUIET_MS = 10_000

/**
 * Makes a client. `clientId` is the node's id: by it others find this node's members of a group.
 *
 * Errors that kafkajs logs go to `onError`, one line each, the same one every 10 s at most.
 * @throws what the file system throws for a certificate that cannot be read
 */
export function createKafka(
  config: ClusterConfig,
  clientId: string,
  onError: OnError,
  overrides: Partial<KafkaConfig> = {},
): Kafka {
  return new Kafka({
    brokers: [...config.brokers],
    clientId,
    ...securityOf(config),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.ERROR,
    logCreator: () => reporter(onError),
    ...overrides,
  })
}

/** How to speak to the brokers, for kafkajs. @throws what the file system throws */
export function securityOf(config: ClusterConfig): Partial<KafkaConfig> {
  const { kafkaSaslMechanism: mechanism, kafkaUsername: username, kafkaPassword: password } = config
  const pem = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'))
  const [ca, cert, key] = [pem(config.kafkaCa), pem(config.kafkaCert), pem(config.kafkaKey)]
  const ssl = { ...(ca && { ca: [ca] }), ...(cert && { cert }), ...(key && { key }) }
  const sasl = mechanism && ({ mechanism, username, password } as SASLOptions)
  return { ...(config.kafkaTls && { ssl }), ...(sasl && { sasl }) }
}

/** What kafkajs said; without a stack, which would only show its logger. */
export class KafkaComplaint extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KafkaComplaint'
    delete this.stack
  }
}

/** Only fields that name what failed: others may hold what was sent. */
const TOLD_FIELDS = ['broker', 'clientId', 'groupId', 'topic', 'partition', 'error', 'correlationId'] as const

function reporter(onError: OnError, now: () => number = Date.now) {
  const said = new Map<string, { sinceMs: number; again: number }>()
  return ({ namespace, log }: { namespace: string; log: { message: string } & Record<string, unknown> }): void => {
    const fields: Record<string, unknown> = {}
    for (const field of TOLD_FIELDS) if (typeof log[field] === 'string') fields[field] = log[field]
    const what = `${namespace}: ${log.message} ${fields.broker ?? ''} ${fields.error ?? ''}`
    const before = said.get(what)
    if (before !== undefined && now() - before.sinceMs < QUIET_MS) {
      before.again++
      return
    }
    if (said.size > 100) said.clear()
    said.set(what, { sinceMs: now(), again: 0 })
    const repeated = before === undefined || before.again === 0 ? {} : { repeated: before.again }
    onError(new KafkaComplaint(log.message), { stage: 'kafka', namespace, ...fields, ...repeated })
  }
}

/** Whatever of kafkajs tells of its requests: producers, consumers and admins do. */
interface Telling {
  events: { REQUEST: string }
  on(event: never, listener: (event: { payload: { apiName: string } }) => void): unknown
}

/** Counts what the client asks of Kafka, by kind. */
export function countRequests(client: Telling, metrics: Metrics): void {
  client.on(client.events.REQUEST as never, ({ payload }) =>
    metrics.count('zlt_kafka_requests_total', 1, payload.apiName),
  )
}

/** Whether the error, or what caused it, is one of Kafka's own of these types. */
export function isProtocolError(error: unknown, types: ReadonlySet<string>): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (types.has((one as Error & { type?: string }).type ?? '')) return true
  }
  return false
}

/** What to say of a failed request: the innermost cause, since kafkajs wraps it. */
export function reasonOf(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause
  return innermost instanceof Error ? innermost.message : String(innermost)
}
