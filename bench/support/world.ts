/** A data folder with riders, their orders and tokens, made in bulk before a server starts. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLogFile } from '../../src/adapters/embedded/log-file'
import { mintToken } from '../../src/auth/mint'
import { openSigningKeys } from '../../src/auth/signing-keys'
import { configOf } from '../../src/config'
import { assignOrder, createOrder, type Order } from '../../src/domain/order'
import { startServer } from '../../src/server'
import { insertOrder } from '../../src/store/orders'
import { markPublished } from '../../src/store/outbox'
import { openDatabase } from '../../src/store/sql'

/** The token's life: longer than any run. */
const TTL_S = 6 * 3_600

/** A rider with its orders, and who may watch them. */
export interface Rider {
  id: string
  token: string
  orders: readonly string[]
}

/** A prepared folder. `watcher` is a token that may watch every order. */
export interface World {
  folder: string
  riders: readonly Rider[]
  watcher: string
  /** All order ids, rider by rider. */
  orders: readonly string[]
  /** A token of the order's own customer. */
  customerToken(order: string): Promise<string>
  remove(): void
}

/**
 * Makes the folder. Orders are written in one transaction to the table of orders, as published, and in one to the
 * facts of the log: the state that creating and assigning each through the API leaves, at 20 µs an order.
 */
export async function makeWorld({
  riders,
  ordersPerRider,
}: {
  riders: number
  ordersPerRider: number
}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'zlt-bench-'))
  // A first start makes keys, schema, epoch and admin, so that what is measured is never a first start.
  const first = await startServer(configOf({ data: folder, port: 0, adminPassword: 'bench-bench', logLevel: 'silent' }))
  await first.close()

  const nowMs = Date.now()
  const orders: Order[] = []
  const keys = await openSigningKeys(join(folder, 'keys.json'), { create: false })
  const made: Rider[] = []
  for (let r = 0; r < riders; r++) {
    const id = `rider-${r}`
    const ids = Array.from({ length: ordersPerRider }, (_, i) => `order-${r}-${i}`)
    for (const orderId of ids) orders.push(orderInHand(orderId, id, nowMs - 60_000))
    const token = await mintToken(keys, { sub: id, role: 'DELIVERY_PARTNER', ttlS: TTL_S, issuer: 'zlt' }, nowMs)
    made.push({ id, token, orders: ids })
  }
  await storeRows(join(folder, 'zlt.db'), orders, nowMs)
  storeFacts(join(folder, 'log.db'), orders)
  const watcher = await mintToken(keys, { sub: 'ops', role: 'INTERNAL_SERVICE', ttlS: TTL_S, issuer: 'zlt' }, nowMs)
  return {
    folder,
    riders: made,
    watcher,
    orders: orders.map(({ id }) => id),
    customerToken: (order) =>
      mintToken(keys, { sub: customerOf(order), role: 'CUSTOMER', ttlS: TTL_S, issuer: 'zlt' }, nowMs),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function customerOf(order: string): string {
  return `customer-of-${order}`
}

/** Visible whatever the rider's plan says: a rider with 20 orders stands here for 20 riders behind one gateway. */
function orderInHand(id: string, rider: string, atMs: number): Order {
  const input = { customer_id: customerOf(id), drop: { lat: 12.98, lng: 77.6, name: 'Home' } }
  const order = assignOrder(createOrder(id, input, atMs), rider, atMs + 1)
  if (order === 'illegal') throw new Error('a new order can be assigned')
  return { ...order, visible: true }
}

async function storeRows(path: string, orders: readonly Order[], nowMs: number): Promise<void> {
  const store = await openDatabase(path)
  await store.write(async (tx) => {
    for (const order of orders) await insertOrder(tx, order, nowMs)
    await markPublished(tx, new Map(orders.map(({ id, rev }) => [id, rev])))
  })
  await store.close()
}

function storeFacts(path: string, orders: readonly Order[]): void {
  const file = openLogFile(path, 'normal', (error) => {
    throw error
  })
  const insert = file.db.query('INSERT INTO facts (topic, key, value) VALUES (?, ?, ?)')
  file.db.transaction(() => {
    for (const order of orders) insert.run('delivery.order.v1', order.id, JSON.stringify(order))
  })()
  file.close()
}
