/** The contract of `Log` must notice every way here of breaking it: wrappers that spoil one promise of the embedded log. */

import type { Database } from 'bun:sqlite'
import type { Entry, Follower, Following, Log, StoredRecord } from '../../src/ports/log.ts'
import { type Embedded, openEmbedded } from '../adapters/embedded/open-embedded.ts'
import { type Broken, describeBroken } from './cases.ts'
import { LOG_CASES } from './log.contract.ts'
import type { OpenedLog } from './log-case.ts'

/** What a spoiler may use. `restarts` is 0 until the log was opened again; `lastBefore` the last offset until then. */
interface Context {
  log: Log
  db: Database
  restarts: number
  lastBefore: number
}

/** The embedded log with some methods replaced. */
function spoiled(how: string, spoil: (context: Context) => Partial<Log>, breaks: readonly string[]): Broken<OpenedLog> {
  const open = async (): Promise<OpenedLog> => {
    const { first, reopen, rejected, cleanup } = await openEmbedded()
    let restarts = 0
    const spoilt = ({ log, file }: Embedded): Log => {
      const row = file.db.query('SELECT max(at) AS at FROM log').get() as { at: number | null }
      const whole: Log = {
        partitions: log.partitions,
        partitionOf: (key) => log.partitionOf(key),
        append: (entries) => log.append(entries),
        follow: (group, follower) => log.follow(group, follower),
        reject: (rejected) => log.reject(rejected),
        publish: (topic, key, value) => log.publish(topic, key, value),
        tail: (topic, onFact) => log.tail(topic, onFact),
        factsBehindMs: () => log.factsBehindMs(),
        mayHaveRewound: () => log.mayHaveRewound(),
        health: () => log.health(),
        close: () => log.close(),
      }
      return { ...whole, ...spoil({ log: whole, db: file.db, restarts: restarts++, lastBefore: row.at ?? 0 }) }
    }
    // Short: what a broken log never delivers is waited for in vain.
    return { log: spoilt(first), reopen: async () => spoilt(await reopen()), rejected, cleanup, deadlineMs: 300 }
  }
  return { how, breaks, open }
}

/** Changes the entries of each append. */
function storing(change: (entries: readonly Entry[]) => readonly Entry[]) {
  return ({ log }: Context): Partial<Log> => ({ append: (entries) => log.append(change(entries)) })
}

/** Changes the records of each batch. */
function reading(change: (record: StoredRecord, context: Context) => StoredRecord) {
  return (context: Context): Partial<Log> => ({
    follow: (group, follower) =>
      context.log.follow(group, {
        assigned: (partition) => follower.assigned(partition),
        batch: (partition, records) =>
          follower.batch(
            partition,
            records.map((record) => change(record, context)),
          ),
        revoked: (partition) => follower.revoked(partition),
      }),
  })
}

/** Puts something between the log and its followers. */
function between(change: (follower: Follower, group: string) => Partial<Follower>) {
  return ({ log }: Context): Partial<Log> => ({
    follow: (group, follower) => {
      const changed = change(follower, group)
      return log.follow(group, {
        assigned: changed.assigned ?? ((partition) => follower.assigned(partition)),
        batch: changed.batch ?? ((partition, records) => follower.batch(partition, records)),
        revoked: changed.revoked ?? ((partition) => follower.revoked(partition)),
      })
    },
  })
}

/** Changes what a follower does with its membership. */
function following(change: (inner: Following, group: string, context: Context) => Partial<Following>) {
  return (context: Context): Partial<Log> => ({
    async follow(group, follower) {
      const inner = await context.log.follow(group, follower)
      const whole: Following = {
        commit: (partition, at) => inner.commit(partition, at),
        evict: (node) => inner.evict(node),
        close: () => inner.close(),
      }
      return { ...whole, ...change(inner, group, context) }
    },
  })
}

const APPENDING = [
  spoiled(
    'reorders appends',
    ({ log }) => {
      let count = 0
      return {
        append: async (entries) => {
          if (count++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
          await log.append(entries)
        },
      }
    },
    ['appends of one key keep their order'],
  ),
  spoiled(
    'loses an entry',
    storing((entries) => entries.filter((_, i) => i % 25 !== 24)),
    [
      'the entries of one call are not parted by another call with the same key',
      'everything comes at least once and in order, also what is appended while a batch runs',
    ],
  ),
  spoiled(
    'takes the entries of a call one by one',
    ({ log }) => ({
      append: async (entries) => {
        for (const entry of entries) await log.append([entry])
      },
    }),
    ['the entries of one call are not parted by another call with the same key'],
  ),
  spoiled(
    'acknowledges before it has stored',
    ({ log }) => ({
      append: async (entries) => {
        setTimeout(() => log.append(entries).catch(() => {}), 20)
      },
    }),
    ['what is acknowledged is found after a restart'],
  ),
  spoiled(
    'loses the end on a restart',
    ({ db, restarts }) => {
      if (restarts > 0) db.run('DELETE FROM log WHERE at = (SELECT max(at) FROM log)')
      return {}
    },
    ['what is acknowledged is found after a restart'],
  ),
  spoiled(
    'gives offsets twice',
    reading((record) => ({ ...record, at: Math.floor(record.at / 2) })),
    ['offsets are whole, not negative, and rise within a partition'],
  ),
  spoiled(
    'counts offsets anew after a restart',
    reading((record, { lastBefore }) => ({
      ...record,
      at: record.at > lastBefore ? record.at - lastBefore : record.at,
    })),
    ['offsets go on rising after a restart'],
  ),
  spoiled(
    'keeps 64 kB of a value',
    storing((entries) => entries.map((entry) => ({ ...entry, value: entry.value.slice(0, 65_536) }))),
    ['keys and values come back as given'],
  ),
  spoiled(
    'normalizes keys and values',
    storing((entries) => entries.map((entry) => ({ ...entry, value: entry.value.normalize('NFC') }))),
    ['keys and values come back as given'],
  ),
  spoiled(
    'takes the headers of a call from its first entry',
    storing((entries) => entries.map((entry) => ({ ...entry, headers: entries[0]?.headers ?? {} }))),
    ['headers come back as given, each record its own'],
  ),
  spoiled(
    'stamps in seconds',
    reading((record) => ({ ...record, appendedMs: record.appendedMs / 1_000 })),
    ['a record tells when it was appended'],
  ),
  spoiled(
    'stores something for nothing',
    ({ log, db }) => ({
      append: async (entries) => {
        if (entries.length > 0) return log.append(entries)
        await log.append([{ key: '', value: '', headers: {} }])
        db.run("UPDATE log SET key = NULL, value = NULL WHERE value = ''")
      },
    }),
    ['an empty append resolves and stores nothing'],
  ),
  spoiled(
    'finds partitions by a salt of its start',
    ({ restarts }) => ({
      partitions: 4,
      partitionOf: (key) => (key.length + key.charCodeAt(key.length - 1) + restarts) % 4,
    }),
    ['a key has one partition for ever, and its records are there'],
  ),
  spoiled(
    'rejects in the words of its database',
    ({ log }) => ({
      append: (entries) =>
        log.append(entries).catch(() => {
          throw new Error('database is closed')
        }),
    }),
    ['an append to a closed log rejects in our words'],
  ),
  spoiled('is always healthy', () => ({ health: async () => ({ ok: true }) }), [
    'health is good while appends are acknowledged, and not once closed',
  ]),
  spoiled('takes each restart for a loss', ({ restarts }) => ({ mayHaveRewound: () => restarts > 0 }), [
    'a clean restart loses no end',
  ]),
]

const FOLLOWING = [
  spoiled(
    'forgets commits',
    following(() => ({ commit: async () => {} })),
    [
      'a group goes on after its last commit, and gets again what it did not commit',
      'commits survive a restart',
      'a commit made while the partition is revoked counts, one made later does not',
    ],
  ),
  spoiled(
    'takes any commit',
    following((_inner, group, { db }) => ({
      commit: async (_partition, at) => {
        db.run('INSERT OR REPLACE INTO commits (follower, at) VALUES (?, ?)', [group, at])
      },
    })),
    ['a lower commit is ignored', 'a commit made while the partition is revoked counts, one made later does not'],
  ),
  spoiled(
    'holds a batch back until the next',
    between((follower) => {
      let held: readonly StoredRecord[] = []
      return {
        batch: async (partition, records) => {
          const batch = held
          held = records
          if (batch.length > 0) await follower.batch(partition, batch)
        },
      }
    }),
    ['an append made while the follower goes idle is not forgotten'],
  ),
  spoiled(
    'does not wait for a batch',
    between((follower) => ({
      batch: async (partition, records) => void follower.batch(partition, records).catch(() => {}),
    })),
    [
      'batches of one partition never overlap, and none comes before it is assigned',
      'closing waits for the batch under way, then revokes, and no batch follows',
    ],
  ),
  spoiled(
    'assigns nothing',
    between(() => ({ assigned: () => {} })),
    ['batches of one partition never overlap, and none comes before it is assigned'],
  ),
  spoiled(
    'goes on after its close',
    following(() => ({ close: async () => {} })),
    [
      'closing waits for the batch under way, then revokes, and no batch follows',
      'a partition has one member of a group at a time, and another when that one leaves',
    ],
  ),
  spoiled(
    'stops at a batch that rejects',
    between((follower) => {
      let stopped = false
      return {
        batch: async (partition, records) => {
          if (stopped) return
          stopped = true
          await follower.batch(partition, records)
          stopped = false
        },
      }
    }),
    ['a batch that rejects stops nobody'],
  ),
  spoiled(
    'shares records out between groups',
    ({ log }) => {
      let groups = 0
      return {
        follow: (group, follower) => {
          const mine = groups++ % 2
          return log.follow(group, {
            assigned: (partition) => follower.assigned(partition),
            batch: (partition, records) =>
              follower.batch(
                partition,
                records.filter(({ at }) => at % 2 === mine),
              ),
            revoked: (partition) => follower.revoked(partition),
          })
        },
      }
    },
    ['groups do not share: each gets everything'],
  ),
  spoiled(
    'gives every member every partition',
    ({ log }) => {
      let members = 0
      return { follow: (group, follower) => log.follow(`${group}.${members++}`, follower) }
    },
    ['a partition has one member of a group at a time, and another when that one leaves'],
  ),
  spoiled(
    'closes without revoking',
    between(() => ({ revoked: async () => {} })),
    ['closing the log revokes what its followers hold'],
  ),
]

const REJECTING = [
  spoiled('forgets what is rejected', () => ({ reject: async () => {} }), [
    'rejected records are kept as they were, with their place and the reason, also over a restart',
  ]),
  spoiled(
    'keeps the reason short',
    ({ log }) => ({
      reject: (rejected) => log.reject(rejected.map((one) => ({ ...one, reason: one.reason.slice(0, 8) }))),
    }),
    ['rejected records are kept as they were, with their place and the reason, also over a restart'],
  ),
  spoiled(
    'keeps rejected records among the others',
    ({ log }) => ({
      reject: async (rejected) => {
        await log.reject(rejected)
        await log.append(
          rejected.map(({ record: { key, value, headers } }) => ({ key: key ?? '', value: value ?? '', headers })),
        )
      },
    }),
    ['followers never see what was rejected'],
  ),
  spoiled(
    'fails when asked to put a stranger out',
    following(() => ({
      evict: async (node) => {
        throw new Error(`${node} is no member`)
      },
    })),
    ['putting a node out of the group that is not in it does nothing'],
  ),
  spoiled(
    'puts itself out instead of a stranger',
    following((inner) => ({ evict: () => inner.close() })),
    ['putting a node out of the group that is not in it does nothing'],
  ),
]

const PUBLISHING = [
  spoiled('is always behind', () => ({ factsBehindMs: () => 1 }), [
    'tails that have been told everything are not behind',
  ]),
  spoiled(
    'resolves a tail before its first pass',
    ({ log }) => ({
      tail: async (topic, onFact) => {
        setTimeout(() => void log.tail(topic, onFact).catch(() => {}), 5)
        return { close: async () => {} }
      },
    }),
    ['a tail has the newest value of every key when it resolves'],
  ),
  spoiled(
    'keeps the first value of a key',
    ({ log }) => {
      const seen = new Set<string>()
      return {
        publish: async (topic, key, value) => {
          if (!seen.has(key)) await log.publish(topic, key, value)
          seen.add(key)
        },
      }
    },
    ['a tail has the newest value of every key when it resolves', 'facts survive a restart'],
  ),
  spoiled(
    'tells changes out of order',
    ({ log }) => ({
      tail: (topic, onFact) =>
        log.tail(topic, (key, value) => {
          if (key.endsWith('.b')) setTimeout(() => onFact(key, value), 3)
          else onFact(key, value)
        }),
    }),
    ['a tail goes on with each change in the order published'],
  ),
  spoiled(
    'ignores null',
    ({ log }) => ({
      publish: async (topic, key, value) => {
        if (value !== null) await log.publish(topic, key, value)
      },
    }),
    ['null removes a key, for tails that are there and for later ones'],
  ),
  spoiled(
    'forgets facts on a restart',
    ({ db, restarts }) => {
      if (restarts > 0) db.run('DELETE FROM facts')
      return {}
    },
    ['facts survive a restart'],
  ),
  spoiled(
    'mixes the topics',
    ({ log }) => ({ publish: (_topic, key, value) => log.publish('delivery.order.v1', key, value) }),
    ['the topics are apart'],
  ),
  spoiled(
    'keeps 64 kB of a fact',
    ({ log }) => ({ publish: (topic, key, value) => log.publish(topic, key, value?.slice(0, 65_536) ?? null) }),
    ['facts come back as given'],
  ),
  spoiled(
    'goes on telling a closed tail',
    ({ log }) => ({
      tail: async (topic, onFact) => {
        await log.tail(topic, onFact)
        return { close: async () => {} }
      },
    }),
    ['a closed tail hears nothing more, others go on'],
  ),
  spoiled(
    'lets a tail’s failure through to the publisher',
    ({ log }) => {
      let failure: unknown
      return {
        tail: (topic, onFact) =>
          log.tail(topic, (key, value) => {
            try {
              onFact(key, value)
            } catch (error) {
              failure = error
            }
          }),
        publish: async (topic, key, value) => {
          await log.publish(topic, key, value)
          if (failure !== undefined) throw failure
        },
      }
    },
    ['a tail that throws keeps nothing from others, nor from itself later'],
  ),
  spoiled(
    'tells at once who publishes while being told',
    ({ log }) => {
      const tails: ((key: string, value: string | null) => void)[] = []
      return {
        tail: async (_topic, onFact) => {
          tails.push(onFact)
          return { close: async () => {} }
        },
        publish: (topic, key, value) => {
          const stored = log.publish(topic, key, value)
          for (const onFact of tails) onFact(key, value)
          return stored
        },
      }
    },
    ['who publishes while being told overtakes nobody'],
  ),
]

describeBroken('the contract of Log', LOG_CASES, [...APPENDING, ...FOLLOWING, ...REJECTING, ...PUBLISHING])
