/** Which nodes watch which order, as whom: the owner's cache of what hubs told it. */

import type { Audience } from '../domain/audience'

export class Watchers {
  readonly #byOrder = new Map<string, Map<string, Audience[]>>()

  add(order: string, node: string, audiences: Audience[]): void {
    const nodes = this.#byOrder.get(order)
    if (nodes === undefined) this.#byOrder.set(order, new Map([[node, audiences]]))
    else nodes.set(node, audiences)
  }

  remove(order: string, node: string): void {
    const nodes = this.#byOrder.get(order)
    if (nodes?.delete(node) && nodes.size === 0) this.#byOrder.delete(order)
  }

  /** Undefined when nobody watches. */
  of(order: string): ReadonlyMap<string, Audience[]> | undefined {
    return this.#byOrder.get(order)
  }

  /** Forgets all that a node watched among the orders that `isIn` picks: it is about to say anew. */
  forget(node: string, isIn: (order: string) => boolean): void {
    for (const [order, nodes] of this.#byOrder) if (nodes.has(node) && isIn(order)) this.remove(order, node)
  }

  removePartition(isIn: (order: string) => boolean): void {
    for (const order of this.#byOrder.keys()) if (isIn(order)) this.#byOrder.delete(order)
  }
}
