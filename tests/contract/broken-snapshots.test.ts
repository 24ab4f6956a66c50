/** The contract of `Snapshots` must notice every way here of breaking it: wrappers around the embedded snapshots. */

import type { Database } from 'bun:sqlite'
import { type Saved, type Snapshots, TRAIL_MAX_POINTS } from '../../src/ports/snapshots.ts'
import { type Embedded, openEmbedded } from '../adapters/embedded/open-embedded.ts'
import { type Broken, describeBroken } from './cases.ts'
import { type OpenedSnapshots, SNAPSHOTS_CASES } from './snapshots.contract.ts'

interface Context {
  snapshots: Snapshots
  db: Database
  restarts: number
}

function spoiled(
  how: string,
  spoil: (context: Context) => Partial<Snapshots>,
  breaks: readonly string[],
): Broken<OpenedSnapshots> {
  const open = async (): Promise<OpenedSnapshots> => {
    const { first, reopen, cleanup } = await openEmbedded()
    let restarts = 0
    const spoilt = ({ snapshots, file }: Embedded): Snapshots => {
      const whole: Snapshots = {
        load: (partition, orders) => snapshots.load(partition, orders),
        save: (partition, saved) => snapshots.save(partition, saved),
        trail: (partition, order) => snapshots.trail(partition, order),
        drop: (partition, order) => snapshots.drop(partition, order),
        close: () => snapshots.close(),
      }
      return { ...whole, ...spoil({ snapshots: whole, db: file.db, restarts: restarts++ }) }
    }
    return { snapshots: spoilt(first), reopen: async () => spoilt(await reopen()), cleanup }
  }
  return { how, breaks, open }
}

function saving(change: (saved: Saved) => Saved) {
  return ({ snapshots }: Context): Partial<Snapshots> => ({
    save: (partition, saved) => snapshots.save(partition, saved.map(change)),
  })
}

const BROKEN = [
  spoiled(
    'makes up an empty track',
    ({ snapshots }) => ({
      load: async (partition, orders) => {
        const loaded = await snapshots.load(partition, orders)
        for (const order of orders) if (!loaded.has(order)) loaded.set(order, JSON.parse('{}'))
        return loaded
      },
    }),
    [
      'an order that was never saved has no track, and an empty and complete trail',
      'one load answers all orders asked for, and no other',
    ],
  ),
  spoiled(
    'rounds places',
    saving(({ track, trail }) => ({ track, trail: trail.map((p) => ({ ...p, lat: Math.fround(p.lat) })) })),
    ['a trail is oldest first by fix time, its values as given'],
  ),
  spoiled(
    'forgets part of a track',
    saving(({ track, trail }) => ({ track: { ...track, jumpRejects: [] }, trail })),
    ['a track is loaded as it was saved, after a restart too'],
  ),
  spoiled(
    'keeps nothing over a restart',
    ({ db, restarts }) => {
      if (restarts > 0) for (const table of ['tracks', 'trail', 'thinned']) db.run(`DELETE FROM ${table}`)
      return {}
    },
    [
      'a track is loaded as it was saved, after a restart too',
      'a dropped order is forgotten at once, and its id starts anew',
    ],
  ),
  spoiled(
    'answers at most 100 orders',
    ({ snapshots }) => ({ load: (partition, orders) => snapshots.load(partition, orders.slice(0, 100)) }),
    ['one load answers all orders asked for, and no other'],
  ),
  spoiled(
    'lets a lower at replace',
    ({ snapshots, db }) => ({
      save: async (partition, saved) => {
        for (const { track } of saved) db.run('DELETE FROM tracks WHERE order_id = ?', [track.orderId])
        await snapshots.save(partition, saved)
      },
    }),
    ['a higher at replaces a track, a lower one never does'],
  ),
  spoiled(
    'compares at as text',
    ({ snapshots, db }) => ({
      save: async (partition, saved) => {
        for (const { track } of saved) {
          const old = db.query('SELECT at FROM tracks WHERE order_id = ?').get(track.orderId) as { at: number } | null
          if (old !== null && String(old.at) > String(track.at)) return
        }
        await snapshots.save(partition, saved)
      },
    }),
    ['a higher at replaces a track, a lower one never does'],
  ),
  spoiled(
    'drops the points of a lower at',
    ({ snapshots }) => {
      let highest = 0
      return {
        save: async (partition, saved) => {
          const newer = saved.filter(({ track }) => track.at >= highest)
          for (const { track } of newer) highest = track.at
          await snapshots.save(partition, newer)
        },
      }
    },
    ['the points of a save with a lower at still count'],
  ),
  spoiled(
    'orders a trail by at',
    ({ snapshots }) => ({
      trail: async (partition, order) => {
        const { points, complete } = await snapshots.trail(partition, order)
        return { points: points.sort((a, b) => a.at - b.at), complete }
      },
    }),
    ['a trail is oldest first by fix time, its values as given'],
  ),
  spoiled(
    'adds points again',
    ({ snapshots, db }) => ({
      save: async (partition, saved) => {
        db.run('UPDATE trail SET at = at + 0.5')
        await snapshots.save(partition, saved)
      },
    }),
    ['saving points again adds nothing'],
  ),
  spoiled(
    'counts points again',
    ({ snapshots, db }) => {
      let points = 0
      return {
        save: async (partition, saved) => {
          await snapshots.save(partition, saved)
          points += saved.reduce((sum, { trail }) => sum + trail.length, 0)
          if (points > TRAIL_MAX_POINTS) db.run('DELETE FROM trail WHERE at % 2 = 0')
        },
      }
    },
    ['a long trail saved again is not thinned'],
  ),
  spoiled(
    'never says that it has thinned',
    ({ snapshots }) => ({
      trail: async (partition, order) => ({ ...(await snapshots.trail(partition, order)), complete: true }),
    }),
    [
      'a trail over the limit is thinned, keeps its newest point, and says so for ever',
      'however much is saved at once, a trail stays within the limit',
    ],
  ),
  spoiled(
    'says that it has thinned until a restart',
    ({ db, restarts }) => {
      if (restarts > 0) db.run('DELETE FROM thinned')
      return {}
    },
    ['a trail over the limit is thinned, keeps its newest point, and says so for ever'],
  ),
  spoiled(
    'cuts a trail off at its limit',
    saving(({ track, trail }) => ({ track, trail: trail.slice(0, TRAIL_MAX_POINTS) })),
    ['however much is saved at once, a trail stays within the limit'],
  ),
  spoiled(
    'drops the track alone',
    ({ db }) => ({ drop: async (_partition, order) => void db.run('DELETE FROM tracks WHERE order_id = ?', [order]) }),
    ['a dropped order is forgotten at once, and its id starts anew'],
  ),
  spoiled(
    'drops everybody',
    ({ db }) => ({
      drop: async () => {
        for (const table of ['tracks', 'trail', 'thinned']) db.run(`DELETE FROM ${table}`)
      },
    }),
    ['a dropped order is forgotten at once, and its id starts anew'],
  ),
]

describeBroken('the contract of Snapshots', SNAPSHOTS_CASES, BROKEN)
