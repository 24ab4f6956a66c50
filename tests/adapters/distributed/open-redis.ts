/** Nodes of a real Redis, in one process. */

import { RedisMail } from '../../../src/adapters/distributed/mail.ts'
import { RedisConnections, type RedisSettings } from '../../../src/adapters/distributed/redis-client.ts'
import { RedisSnapshots } from '../../../src/adapters/distributed/snapshots.ts'
import { Metrics } from '../../../src/metrics.ts'
import type { OpenedMail } from '../../contract/mail.contract.ts'
import type { OpenedSnapshots } from '../../contract/snapshots.contract.ts'
import type { RedisService } from '../../services/redis.ts'

let serial = 0

export interface Node {
  mail: RedisMail
  metrics: Metrics
  /** What was reported. */
  errors: unknown[]
  /** Cuts all its connections for good, without a word. */
  die(): void
  close(): Promise<void>
}

/** A node of its own id; `open` its mail. */
export function openNode(settings: RedisSettings, name = 'node'): Node {
  const metrics = new Metrics()
  const errors: unknown[] = []
  const redis = new RedisConnections(settings, { metrics, onError: (error) => void errors.push(error) })
  const mail = new RedisMail({
    self: `${name}.${Date.now()}${++serial}`,
    redis,
    metrics,
    onError: (error) => void errors.push(error),
  })
  return {
    mail,
    metrics,
    errors,
    die: () => redis.close(),
    async close() {
      await mail.close()
      redis.close()
    },
  }
}

/** Snapshots of the epoch that `epoch` tells. */
export async function openStore(settings: RedisSettings, epoch = () => 1) {
  const metrics = new Metrics()
  const redis = new RedisConnections(settings, { metrics, onError: () => {} })
  const snapshots = new RedisSnapshots({ redis, metrics, epoch })
  await snapshots.open().catch((error) => {
    redis.close()
    throw error
  })
  return {
    snapshots,
    metrics,
    async close() {
      await snapshots.close()
      redis.close()
    },
  }
}

/** What the contract of `Mail` opens: nodes of one Redis, which `servers` are; each case begins with an empty one. */
export function mailOpener(of: {
  settings(): RedisSettings
  servers(): readonly RedisService[]
  flush(): Promise<void>
}): () => Promise<OpenedMail> {
  return async () => {
    await of.flush()
    const first = openNode(of.settings())
    const nodes = [first]
    return {
      mail: first.mail,
      another: async () => {
        const node = openNode(of.settings())
        nodes.push(node)
        return node.mail
      },
      kill: async (mail) => nodes.find((node) => node.mail === mail)?.die(),
      empty: () => of.flush(),
      cutOff: async () => {
        for (const server of of.servers()) server.pause()
        return async () => {
          for (const server of of.servers()) server.resume()
        }
      },
      cleanup: async () => {
        await Promise.all(nodes.map((node) => node.close()))
      },
      // A node is dead only after its lease and two readings; ours must have been steady before.
      deadlineMs: 15_000,
    }
  }
}

/** What the contract of `Snapshots` opens. */
export function snapshotsOpener(settings: () => RedisSettings): () => Promise<OpenedSnapshots> {
  return async () => {
    let store = await openStore(settings())
    return {
      snapshots: store.snapshots,
      reopen: async () => {
        await store.close()
        store = await openStore(settings())
        return store.snapshots
      },
      cleanup: () => store.close(),
    }
  }
}
