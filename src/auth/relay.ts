/** The relay: the one way from the database's rows to the facts that every process tails. */

import type { OnError } from '../errors'
import type { Log } from '../ports/log'
import type { Database } from '../store/database'
import { purgeKeys } from '../store/idempotency'
import { ageFacts } from '../store/outbox'
import { ensureEpoch } from './epoch'
import { Publisher } from './publisher'
import { reconcile } from './reconcile'

/** How long a write waits for its publication before it answers without. */
export const PUBLISH_TIMEOUT_MS = 1_000
/** How often time is looked at. */
export const TICK_MS = 15_000
const AGE_ROWS = 500

export interface Relay {
  /** Says that a row has changed; call it after the transaction. */
  kick(): void
  /** Whether `rev` of the order, or a later one, is published within `timeoutMs`. */
  published(id: string, rev: number, timeoutMs?: number): Promise<boolean>
  /** Does what time has made due: stubs, removals, old idempotency keys. Runs every 15 s by itself. */
  tick(): Promise<void>
  close(): Promise<void>
}

export interface RelayDeps {
  store: Database
  log: Pick<Log, 'publish' | 'tail' | 'mayHaveRewound'>
  now: () => number
  onError: OnError
}

/** Has the topics say what the database says, but for what is left to a publisher; and mints an epoch if one is due. */
export async function catchUp({ store, log, now }: Omit<RelayDeps, 'onError'>): Promise<void> {
  await ageOrders(store, now())
  await reconcile(store, log, now)
  await ensureEpoch(log, now())
}

/** Does in the database what time has made due. */
export async function ageAll(store: Database, nowMs: number): Promise<void> {
  await ageOrders(store, nowMs)
  await store.write((tx) => purgeKeys(tx, nowMs))
}

/**
 * Starts the relay. When this resolves the topics say what the database says, and there is an epoch.
 *
 * Only one may run on a database: two would publish a row's values in any order.
 * @throws what the log or the database throws; a start that fails may be tried again
 */
export async function startRelay({ store, log, now, onError }: RelayDeps): Promise<Relay> {
  const publisher = new Publisher(store, log, onError)
  await catchUp({ store, log, now })
  await publisher.drain()

  let ticking: Promise<void> | undefined
  async function tick(): Promise<void> {
    await ageAll(store, now())
    publisher.kick()
  }
  const timer = setInterval(() => {
    ticking ??= tick()
      .catch((error) => onError(error, { stage: 'relay.tick' }))
      .finally(() => {
        ticking = undefined
      })
  }, TICK_MS)

  return {
    kick: () => publisher.kick(),
    published: (id, rev, timeoutMs = PUBLISH_TIMEOUT_MS) => publisher.published(id, rev, timeoutMs),
    tick,
    async close() {
      clearInterval(timer)
      await ticking
      await publisher.close()
    },
  }
}

/** In small transactions: after a long pause there may be very many. */
async function ageOrders(store: Database, nowMs: number): Promise<void> {
  // Removal first: what ended a day ago needs no stub.
  for (const to of ['removed', 'stub'] as const) {
    while ((await store.write((tx) => ageFacts(tx, to, nowMs, AGE_ROWS))) > 0);
  }
}
