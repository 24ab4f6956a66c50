/** Which nodes watch which order, as whom: the owner's cache of what hubs told it. */

import type { Audience } from '../domain/audience'

/** What one node wants of an order, and the line it was sent. */
export interface Watching {
  readonly audiences: readonly Audience[]
  routeId?: string | undefined
}

export class Watchers {
  readonly #byOrder = new Map<string, Map<string, Watching>>()
  /** The same by node, so that an announcement looks at that node's orders alone. */
  readonly #byNode = new Map<string, Set<string>>()

  add(order: string, node: string, audiences: readonly Audience[]): void {
    const nodes = this.#byOrder.get(order)
    if (nodes === undefined) this.#byOrder.set(order, new Map([[node, { audiences }]]))
    else nodes.set(node, { audiences })
    const orders = this.#byNode.get(node)
    if (orders === undefined) this.#byNode.set(node, new Set([order]))
    else orders.add(order)
  }

  remove(order: string, node: string): void {
    const nodes = this.#byOrder.get(order)
    if (nodes?.delete(node) && nodes.size === 0) this.#byOrder.delete(order)
    const orders = this.#byNode.get(node)
    if (orders?.delete(order) && orders.size === 0) this.#byNode.delete(node)
  }

  /** Undefined when nobody watches. */
  of(order: string): ReadonlyMap<string, Watching> | undefined {
    return this.#byOrder.get(order)
  }

  /** Forgets what the node watches of those orders, but for `kept`. */
  keepOnly(node: string, isIn: (order: string) => boolean, kept: ReadonlySet<string>): void {
    for (const order of this.#byNode.get(node) ?? []) if (!kept.has(order) && isIn(order)) this.remove(order, node)
  }

  /** Every node that watches one of those orders. */
  nodesOf(isIn: (order: string) => boolean): Set<string> {
    const found = new Set<string>()
    for (const [order, nodes] of this.#byOrder) if (isIn(order)) for (const node of nodes.keys()) found.add(node)
    return found
  }

  removePartition(isIn: (order: string) => boolean): void {
    for (const [order, nodes] of this.#byOrder) {
      if (isIn(order)) for (const node of nodes.keys()) this.remove(order, node)
    }
  }
}
