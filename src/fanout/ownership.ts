/** Telling the other nodes which partitions are held here, until they have been told. */

import type { OnError } from '../errors'
import type { Mail } from '../ports/mail'
import type { PositionRouter } from './position-router'

export interface OwnershipDeps {
  mail: Mail
  router: PositionRouter
  /** The partitions held here now. */
  held(): Iterable<number>
  onError: OnError
}

export class Ownership {
  /** Partitions of which the other nodes could not be told yet. */
  readonly #untold = new Set<number>()

  constructor(private readonly deps: OwnershipDeps) {}

  /** Claims the partition and tells every node. Never rejects: what fails is done by the next `retry`. */
  async announce(partition: number): Promise<void> {
    const { mail, router, onError } = this.deps
    this.#untold.delete(partition)
    try {
      await mail.claim(partition)
      for (const node of await mail.nodes()) router.send(node, { type: 'owner', partition })
      router.flush()
    } catch (error) {
      // Hubs that do not hear of it would go on asking the former owner.
      this.#untold.add(partition)
      onError(error, { stage: 'claim', partition })
    }
  }

  /** Says it of all partitions anew. */
  announceAll(): void {
    for (const partition of this.deps.held()) void this.announce(partition)
  }

  /** Tells one node of every partition that is held here: it announces what it watches of them. */
  introduceTo(node: string): void {
    const { router, held } = this.deps
    for (const partition of held()) router.send(node, { type: 'owner', partition })
    router.flush()
  }

  retry(): void {
    const held = new Set(this.deps.held())
    for (const partition of [...this.#untold]) {
      if (held.has(partition)) void this.announce(partition)
      else this.#untold.delete(partition)
    }
  }
}
