/** The model's control plane: rows changed by the product's own moves, and a relay that publishes them whole. */

import {
  assignOrder,
  createOrder,
  hasEnded,
  isInHand,
  moveOrder,
  type Order,
  replan,
  stubOf,
} from '../../../src/domain/order'
import type { OrderStatus } from '../../../src/domain/view'
import { OrderTable } from '../../../src/tables/orders'
import { T0 } from '../rider'
import { placesOf } from './places'

export class Facts {
  readonly #rows = new Map<string, Order>()
  readonly #publishedRev = new Map<string, number>()
  /** Every value that an order ever had, by its revision. */
  readonly #history = new Map<string, Order>()
  /** The topic: whole values, in the order they were published. */
  readonly topic: { id: string; value: string }[] = []

  row(id: string): Order | undefined {
    return this.#rows.get(id)
  }

  rows(): Order[] {
    return [...this.#rows.values()]
  }

  /** What the order was at `rev`. */
  at(id: string, rev: number): Order | undefined {
    return this.#history.get(`${id} ${rev}`)
  }

  /** Who had the order under `assignment`. */
  riderOf(id: string, assignment: number): string | undefined {
    return this.at(id, assignment)?.partner_id
  }

  register(id: string, nowMs: number): void {
    if (!this.#rows.has(id)) this.#store([createOrder(id, { customer_id: 'c1', ...placesOf(id) }, nowMs)])
  }

  assign(id: string, rider: string, nowMs: number): void {
    const row = this.#rows.get(id)
    const others = this.rows().filter((other) => other.partner_id === rider && other.id !== id && isInHand(other))
    const lastAssignment = Math.max(0, ...others.map(({ assignment }) => assignment))
    if (row !== undefined) this.#change(row, assignOrder(row, rider, nowMs, lastAssignment), nowMs)
  }

  move(id: string, status: OrderStatus, nowMs: number): void {
    const row = this.#rows.get(id)
    if (row !== undefined) this.#change(row, moveOrder(row, status, nowMs), nowMs)
  }

  /** Long after the end only a stub is left. */
  age(id: string, nowMs: number): void {
    const row = this.#rows.get(id)
    if (row !== undefined && hasEnded(row) && !row.gone) this.#store([stubOf(row, nowMs)])
  }

  /** A full plan moves the rider's later orders out of sight. */
  fill(rider: string, count: number, nowMs: number): void {
    for (let i = 0; i < count; i++) {
      const id = `filler-${rider}-${i}`
      if (this.#rows.has(id)) continue
      this.register(id, T0 - 1_000)
      this.assign(id, rider, nowMs)
    }
  }

  unfill(rider: string, nowMs: number): void {
    for (const { id, partner_id } of this.rows()) {
      if (id.startsWith('filler') && partner_id === rider) this.move(id, 'cancelled', nowMs)
    }
  }

  /** Publishes the row as it is now; with `crash` the relay dies before it notes that, and does it again later. */
  publish(which: number, crash: boolean): boolean {
    const due = this.rows().filter(({ id, rev }) => rev > (this.#publishedRev.get(id) ?? 0))
    const row = due[which % Math.max(1, due.length)]
    if (row === undefined) return false
    this.topic.push({ id: row.id, value: JSON.stringify(row) })
    if (!crash) this.#publishedRev.set(row.id, row.rev)
    return true
  }

  #change(before: Order, after: Order | 'illegal', nowMs: number): void {
    if (after === 'illegal') return
    const rows = new Map(this.#rows).set(after.id, after)
    const riders = new Set([before.partner_id, after.partner_id])
    const changed = new Map([[after.id, after]])
    for (const rider of riders) {
      if (rider === undefined) continue
      const ofRider = [...rows.values()].filter(({ partner_id }) => partner_id === rider)
      for (const order of replan(ofRider, nowMs)) changed.set(order.id, order)
    }
    this.#note(after)
    this.#store([...changed.values()])
  }

  #store(orders: readonly Order[]): void {
    for (const order of orders) {
      this.#rows.set(order.id, order)
      this.#note(order)
    }
  }

  #note(order: Order): void {
    this.#history.set(`${order.id} ${order.rev}`, order)
  }
}

/** One process's table, which may lag behind the topic by any amount. */
export class Tail {
  readonly table = new OrderTable()
  #next = 0

  constructor(private readonly facts: Facts) {}

  read(count: number): void {
    const end = Math.min(this.facts.topic.length, this.#next + count)
    while (this.#next < end) {
      const fact = this.facts.topic[this.#next]
      this.#next += 1
      if (fact !== undefined) this.table.apply(fact.id, fact.value)
    }
  }

  /** The consumer starts again from further back. */
  repeat(count: number): void {
    this.#next = Math.max(0, this.#next - count)
  }
}
