/** The relay where several auth nodes share a database: one of them is elected and publishes, the others wait their turn. */

import type { OnError } from '../errors'
import type { Database, Lease } from '../store/database'
import { doubt, publishedRev } from '../store/outbox'
import { fencedLog } from './fenced-log'
import { Publisher } from './publisher'
import { ageAll, catchUp, PUBLISH_TIMEOUT_MS, type Relay, type RelayDeps, TICK_MS } from './relay'

const LEASE = 'zlt relay'
/** How often a node that is not elected tries again. */
const TRY_MS = 1_000
/** A publication that the former one began in good faith has arrived by then, or it knows by then to doubt it. */
const SETTLE_MS = 2_000
/** How often rows are looked for that other nodes have changed. */
const POLL_MS = 100
/** How often a node that is not elected looks whether its row is published: at first, and at most. */
const LOOK_MS = { first: 10, most: 80 } as const

/**
 * Starts to stand for election; resolves at once. Whoever is elected waits for the former one's last sends, compares
 * all rows with the topic, and publishes until its lease is lost; from then on it publishes nothing.
 */
export async function startElectedRelay(deps: RelayDeps, settleMs = SETTLE_MS): Promise<Relay> {
  const { store, onError } = deps
  let publisher: Publisher | undefined
  /** Orders of which a late send may have put an old value into the topic. */
  const doubtful = new Set<string>()
  const closing = new AbortController()
  const { signal } = closing

  async function stand(): Promise<void> {
    let isWell = true
    while (!signal.aborted) {
      let lease: Lease | undefined
      try {
        await settleDoubts(store, doubtful)
        lease = await store.tryLead?.(LEASE)
        isWell = true
        if (lease !== undefined) await lead(lease)
      } catch (error) {
        // Once an outage: a database that is away all night is not worth a line a second.
        if (isWell) onError(error, { stage: 'relay.lead' })
        isWell = false
      } finally {
        publisher = undefined
        await lease?.release().catch((error: unknown) => onError(error, { stage: 'relay.lead' }))
      }
      await pause(TRY_MS, signal)
    }
  }

  async function lead(lease: Lease): Promise<void> {
    const ended = new AbortController()
    void lease.lost.then(() => ended.abort())
    const over = AbortSignal.any([signal, ended.signal])
    await pause(settleMs, over)
    if (over.aborted) return
    const log = fencedLog(deps.log, lease, (id) => doubtful.add(id))
    await catchUp({ ...deps, log })
    const mine = new Publisher(store, log, onError)
    publisher = mine
    mine.kick()
    const poll = setInterval(() => mine.kick(), POLL_MS)
    const aging = setInterval(() => void age(mine, onError), TICK_MS)
    await until(over)
    clearInterval(poll)
    clearInterval(aging)
    publisher = undefined
    await mine.close()
  }

  async function tick(): Promise<void> {
    await ageAll(store, deps.now())
    publisher?.kick()
  }

  async function age(mine: Publisher, onError: OnError): Promise<void> {
    try {
      await ageAll(store, deps.now())
      mine.kick()
    } catch (error) {
      onError(error, { stage: 'relay.tick' })
    }
  }

  async function isPublished(id: string, rev: number): Promise<boolean> {
    const noted = await store.read((tx) => publishedRev(tx, id))
    // No row: a tombstone goes with its publication.
    return noted === undefined || noted >= rev
  }

  async function untilPublished(id: string, rev: number, timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs
    for (let lookMs: number = LOOK_MS.first; ; lookMs = Math.min(2 * lookMs, LOOK_MS.most)) {
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0 || signal.aborted) return false
      // Whoever is elected hears of it at once; and may lose the election meanwhile.
      if (await (publisher?.published(id, rev, leftMs) ?? isPublished(id, rev))) return true
      await pause(Math.min(lookMs, Math.max(0, untilMs - performance.now())), signal)
    }
  }

  const standing = stand()
  return {
    kick: () => publisher?.kick(),
    tick,
    async published(id, rev, timeoutMs = PUBLISH_TIMEOUT_MS) {
      try {
        return await untilPublished(id, rev, timeoutMs)
      } catch (error) {
        onError(error, { stage: 'relay.published', order_id: id })
        return false
      }
    },
    async close() {
      closing.abort()
      await standing
    },
  }
}

async function settleDoubts(store: Database, doubtful: Set<string>): Promise<void> {
  if (doubtful.size === 0) return
  const ids = [...doubtful]
  await store.write((tx) => doubt(tx, ids))
  for (const id of ids) doubtful.delete(id)
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Waits, or less when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
