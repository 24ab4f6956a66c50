/** The facts of all orders in memory, as tailed from `delivery.order.v1`: deciding who may do what reads nothing else. */

import { type Order, parseOrderFact } from '../domain/order'

/** Told after each change, with the order as it is now (undefined: removed) and as it was. */
export type OrderListener = (id: string, order: Order | undefined, before: Order | undefined) => void

export class OrderTable {
  readonly #orders = new Map<string, Order>()
  readonly #byPartner = new Map<string, Set<string>>()
  readonly #listeners = new Set<OrderListener>()
  readonly #waiting = new Map<string, Set<() => void>>()
  /** Facts that could not be read: counted, never fatal. */
  poisoned = 0

  get size(): number {
    return this.#orders.size
  }

  get(id: string): Order | undefined {
    return this.#orders.get(id)
  }

  all(): IterableIterator<Order> {
    return this.#orders.values()
  }

  /** The orders whose rider is `partnerId` and that may be shown: what a fix that names no order is for. */
  visibleOf(partnerId: string): Order[] {
    const visible: Order[] = []
    for (const id of this.#byPartner.get(partnerId) ?? []) {
      const order = this.#orders.get(id)
      if (order?.visible) visible.push(order)
    }
    return visible
  }

  /** Takes one fact. The greater `rev` stays, so a fact that comes twice or late changes nothing. */
  apply(id: string, value: string | null): void {
    const before = this.#orders.get(id)
    if (value === null) {
      if (before !== undefined) this.#set(id, undefined, before)
      return
    }
    const order = parseOrderFact(value)
    if (order === undefined || order.id !== id) {
      this.poisoned += 1
      return
    }
    if (before === undefined || order.rev > before.rev) this.#set(id, order, before)
  }

  onChange(listener: OrderListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves at the next change of `id`, or after `timeoutMs`; facts reach a table a moment after their answer. */
  changed(id: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, waiters)
      const done = () => {
        clearTimeout(timer)
        waiters.delete(done)
        if (waiters.size === 0) this.#waiting.delete(id)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      waiters.add(done)
    })
  }

  #set(id: string, order: Order | undefined, before: Order | undefined): void {
    if (order === undefined) this.#orders.delete(id)
    else this.#orders.set(id, order)
    this.#index(id, order?.partner_id, before?.partner_id)
    for (const listener of this.#listeners) listener(id, order, before)
    for (const done of [...(this.#waiting.get(id) ?? [])]) done()
  }

  #index(id: string, partner: string | undefined, former: string | undefined): void {
    if (partner === former) return
    if (former !== undefined) {
      const ids = this.#byPartner.get(former)
      ids?.delete(id)
      if (ids?.size === 0) this.#byPartner.delete(former)
    }
    if (partner !== undefined) {
      const ids = this.#byPartner.get(partner) ?? new Set()
      this.#byPartner.set(partner, ids.add(id))
    }
  }
}
