/** A whole installation on many processes: real Kafka, Redis and Postgres, and the compiled program in each role. */

import { join } from 'node:path'
import { openLocalKey } from '../../../cli/local-key.ts'
import { configOf } from '../../../src/config.ts'
import type { Role } from '../../../src/domain/audience.ts'
import { type KafkaService, startKafka } from '../../services/kafka.ts'
import { type PostgresService, startPostgres } from '../../services/postgres.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { builtExecutable } from '../../support/executable.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { Balancer } from './balancer.ts'
import { RoleProcess } from './role-process.ts'

export interface ClusterSize {
  kafkaNodes?: 1 | 3
  ingest?: number
  fanout?: number
  partitions?: number
  /** Of every process, over those here. */
  settings?: Record<string, string>
}

/** Claims of a token that a test needs. */
export interface TokenFor {
  role: Role
  sub: string
  orders?: readonly string[]
}

const TOKEN_TTL_S = 7_200

export class Cluster {
  readonly ingests: RoleProcess[] = []
  readonly fanouts: RoleProcess[] = []
  readonly balancer = new Balancer(this)
  #auth: RoleProcess | undefined
  #mint: ((claims: TokenFor) => Promise<string>) | undefined

  private constructor(
    readonly kafka: KafkaService,
    readonly redis: RedisService,
    readonly postgres: PostgresService,
    private readonly folder: ReturnType<typeof tempFolder>,
    private readonly command: readonly string[],
    private readonly env: Record<string, string>,
  ) {}

  /** Starts everything and waits until each process is ready. */
  static async start(size: ClusterSize = {}): Promise<Cluster> {
    const [executable, kafka, redis, postgres] = await Promise.all([
      builtExecutable(),
      startKafka({ nodes: size.kafkaNodes ?? 1 }),
      startRedis(),
      startPostgres(),
    ])
    const folder = tempFolder()
    const env = {
      ZLT_BROKERS: kafka.brokers.join(','),
      ZLT_REDIS: redis.url,
      ZLT_PARTITIONS: String(size.partitions ?? 12),
      ...size.settings,
    }
    const cluster = new Cluster(kafka, redis, postgres, folder, [executable], env)
    try {
      await cluster.#startRoles(size)
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  get auth(): RoleProcess {
    if (this.#auth === undefined) throw new Error('there is no auth process')
    return this.#auth
  }

  get processes(): RoleProcess[] {
    return [...(this.#auth === undefined ? [] : [this.#auth]), ...this.ingests, ...this.fanouts]
  }

  /** Adds one more fan-out process and starts it. */
  async addFanout(): Promise<RoleProcess> {
    const made = await this.#make('fanout', `fanout${this.fanouts.length + 1}`)
    await made.start()
    this.fanouts.push(made)
    return made
  }

  tokenFor(claims: TokenFor): Promise<string> {
    if (this.#mint === undefined) throw new Error('no key yet')
    return this.#mint(claims)
  }

  async stop(): Promise<void> {
    this.balancer.stop()
    await Promise.all(this.processes.map((one) => (one.isAlive ? one.kill() : undefined)))
    await Promise.all([this.kafka.stop(), this.redis.stop(), this.postgres.stop()])
    this.folder.remove()
  }

  async #startRoles({ ingest = 2, fanout = 3 }: ClusterSize): Promise<void> {
    this.#auth = await this.#make('auth', 'auth', { ZLT_DATABASE: this.postgres.url })
    await this.#auth.start()
    const mint = await openLocalKey(configOf({ data: this.#auth.folder }))
    this.#mint = (claims) => mint({ ...claims, ttlS: TOKEN_TTL_S })
    for (let n = 1; n <= ingest; n++) this.ingests.push(await this.#make('ingest', `ingest${n}`))
    for (let n = 1; n <= fanout; n++) this.fanouts.push(await this.#make('fanout', `fanout${n}`))
    await Promise.all([...this.ingests, ...this.fanouts].map((one) => one.start()))
    this.balancer.start()
  }

  #make(role: RoleProcess['role'], name: string, env: Record<string, string> = {}): Promise<RoleProcess> {
    const auth: Record<string, string> = this.#auth === undefined ? {} : { ZLT_AUTH_URL: this.#auth.url }
    return RoleProcess.make(role, name, this.command, this.folder.path, { ...this.env, ...auth, ...env })
  }

  /** Where the log of every process lies, for people who look into a failed run. */
  logOf(name: string): string {
    return join(this.folder.path, `${name}.log`)
  }
}
