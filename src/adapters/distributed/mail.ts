/** Mail between nodes by Redis: a stream for each node, a lease of who lives, a table of who owns what. */

import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'
import type { Inbox, Mail, Message } from '../../ports/mail'
import { Arrivals } from './arrivals'
import { BLOCK_MS, InboxReader } from './inbox-reader'
import { Outbox } from './outbox'
import { Pulse } from './pulse'
import { connect, isReady, type RedisClient, type RedisConnections } from './redis-client'
import { INBOX_ENTRIES, inboxKey, Registry } from './registry'

/** A start waits so long for Redis, then goes on without. */
const CONNECT_DEADLINE_MS = 3_000
const HEALTH_DEADLINE_MS = 800
/** All nodes announce after Redis has lost everything: spread, and only when each has its inbox again. */
const EMPTIED_AFTER_MS = { min: 600, max: 2_000 } as const
/** One that slept announces alone. */
const SLEPT_AFTER_MS = { min: 0, max: 200 } as const
const CLOSE_DEADLINE_MS = 500

export interface RedisMailDeps {
  /** This node's id; another one at each start. */
  self: string
  redis: RedisConnections
  metrics: Metrics
  onError: OnError
}

export class RedisMail implements Mail {
  readonly self: string
  readonly #client: RedisClient
  readonly #readClient: RedisClient
  readonly #registry: Registry
  readonly #outbox: Outbox
  readonly #arrivals: Arrivals
  readonly #reader: InboxReader
  readonly #pulse: Pulse
  readonly #claimed = new Set<number>()
  #inbox: Inbox | undefined
  #local: Message[] = []
  #isLocalScheduled = false
  #emptied: Timer | undefined
  #closed = false

  constructor(private readonly deps: RedisMailDeps) {
    const { redis, metrics, self } = deps
    this.self = self
    this.#client = redis.client('mail')
    this.#readClient = redis.client('inbox', BLOCK_MS)
    this.#registry = new Registry(this.#client, self, (group) => metrics.count('zlt_redis_commands_total', 1, group))
    this.#outbox = new Outbox({
      self,
      metrics,
      put: (to, body) => this.#put(to, body),
      absent: (node) => this.#tell((inbox) => inbox.absent(node)),
      failed: (error) => redis.outage.failed('send', error),
      sent: () => redis.outage.recovered('send'),
    })
    this.#arrivals = new Arrivals({
      receive: (from, messages) => this.#tell((inbox) => inbox.receive(from, messages)),
      gap: (from) => {
        metrics.count('zlt_mail_gaps_total')
        this.#tell((inbox) => inbox.gap(from))
      },
    })
    this.#reader = new InboxReader({
      client: this.#readClient,
      key: inboxKey(self),
      onBodies: (bodies) => this.#arrivals.take(bodies),
      onEntry: (bytes) => {
        metrics.count('zlt_mail_entries_total', 1, 'received')
        metrics.count('zlt_mail_bytes_total', bytes, 'received')
      },
      onRead: () => metrics.count('zlt_redis_commands_total', 1, 'read'),
      failed: (error) => redis.outage.failed('inbox', error),
      answered: () => redis.outage.recovered('inbox'),
    })
    this.#pulse = new Pulse({
      self,
      registry: this.#registry,
      claimed: this.#claimed,
      metrics,
      failed: (error) => redis.outage.failed('beat', error),
      beaten: (alive) => {
        redis.outage.recovered('beat')
        redis.outage.recovered('mail')
        this.#outbox.keep(alive)
      },
      inboxIsNew: () => this.#reader.startOver(),
      lostAll: (slept) => this.#lostAll(slept),
      died: (node) => {
        this.#arrivals.forget(node)
        this.#tell((inbox) => inbox.expired(node))
      },
    })
    this.#client.on('ready', () => {
      this.#pulse.beatNow()
      this.#outbox.flush()
    })
  }

  send(to: string, messages: readonly Message[]): void {
    if (this.#closed) return
    for (const message of messages) {
      // Whoever says so does not own it: what Redis says of the partition must not be us.
      if (message.type === 'not_mine') this.#release(message.partition)
    }
    if (to !== this.self) {
      this.#outbox.send(to, messages)
      return
    }
    for (const message of messages) this.#local.push(message)
    this.#scheduleLocal()
  }

  /**
   * Resolves when others can send to us, or, while Redis cannot be reached, after a few seconds: it goes on without, and
   * registers when it can. @throws Error when Redis refuses who we are
   */
  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox
    this.#scheduleLocal()
    await Promise.all([connect(this.#client, CONNECT_DEADLINE_MS), connect(this.#readClient, CONNECT_DEADLINE_MS)])
    if (this.#closed) return
    await this.#pulse.start()
    this.#reader.start()
  }

  nodes(): Promise<string[]> {
    return this.#registry.liveNodes()
  }

  async claim(partition: number): Promise<void> {
    await this.#registry.claim(partition)
    this.#claimed.add(partition)
  }

  ownerOf(partition: number): Promise<string | undefined> {
    return this.#registry.ownerOf(partition)
  }

  async health(): Promise<{ ok: true } | { ok: false; reason: string }> {
    const bad = (reason: string) => ({ ok: false as const, reason })
    if (this.#closed) return bad('the mail is closed')
    if (!isReady(this.#client)) return bad('Redis cannot be reached')
    const late = Symbol()
    let timer: Timer | undefined
    const deadline = new Promise<typeof late>((resolve) => {
      timer = setTimeout(() => resolve(late), HEALTH_DEADLINE_MS)
    })
    try {
      this.deps.metrics.count('zlt_redis_commands_total', 1, 'health')
      if ((await Promise.race([this.#client.ping(), deadline])) === late) return bad('Redis does not answer')
    } catch (error) {
      return bad(`Redis: ${(error as Error).message}`)
    } finally {
      clearTimeout(timer)
    }
    if (!this.#pulse.isRegistered) return bad('not registered in Redis')
    return this.#reader.isReading ? { ok: true } : bad('the inbox cannot be read')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#inbox = undefined
    this.#local = []
    clearTimeout(this.#emptied)
    this.#outbox.close()
    await this.#pulse.close()
    const closed = this.#reader.close()
    if (isReady(this.#client)) {
      const left = this.#registry.leave(this.#claimed).catch(() => {
        // The lease runs out by itself.
      })
      await Promise.race([left, Bun.sleep(CLOSE_DEADLINE_MS)])
    }
    this.#client.disconnect()
    await closed
  }

  /** An entry under way when the connection goes may have arrived: the outbox sends it again under its number. */
  async #put(to: string, body: string): Promise<boolean> {
    const { metrics } = this.deps
    metrics.count('zlt_redis_commands_total', 1, 'send')
    const id = await this.#client.xadd(inboxKey(to), 'NOMKSTREAM', 'MAXLEN', '~', INBOX_ENTRIES, '*', 'b', body)
    if (id === null) return false
    metrics.count('zlt_mail_entries_total', 1, 'sent')
    metrics.count('zlt_mail_bytes_total', Buffer.byteLength(body), 'sent')
    return true
  }

  #release(partition: number): void {
    this.#claimed.delete(partition)
    this.#registry.release([partition]).catch(() => {
      // It will be asked again, and say so again.
    })
  }

  #lostAll(slept: boolean): void {
    if (this.#emptied !== undefined || this.#closed) return
    const { min, max } = slept ? SLEPT_AFTER_MS : EMPTIED_AFTER_MS
    this.#emptied = setTimeout(
      () => {
        this.#emptied = undefined
        this.#tell((inbox) => inbox.emptied(slept))
      },
      min + Math.random() * (max - min),
    )
  }

  #scheduleLocal(): void {
    if (this.#isLocalScheduled || this.#inbox === undefined || this.#local.length === 0) return
    this.#isLocalScheduled = true
    queueMicrotask(() => {
      this.#isLocalScheduled = false
      const messages = this.#local
      this.#local = []
      if (messages.length > 0) this.#tell((inbox) => inbox.receive(this.self, messages))
    })
  }

  /** Thrown from here it would end the process, or the reading. */
  #tell(what: (inbox: Inbox) => void): void {
    if (this.#inbox === undefined) return
    try {
      what(this.#inbox)
    } catch (error) {
      this.deps.onError(error, { stage: 'mail' })
    }
  }
}
