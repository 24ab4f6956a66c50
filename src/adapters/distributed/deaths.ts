/** Tells the dead from those that only look so because the post was away: pure but for what it remembers of readings. */

/** One reading of who has a lease, on Redis' clock. */
export interface Reading {
  nowMs: number
  /** Each node and when its lease ends. */
  leases: readonly (readonly [node: string, untilMs: number])[]
}

/** How long a node's lease lasts. */
export const LEASE_MS = 3_000
/** Longer between two readings is a break: somebody slept, or the post was away. */
export const BREAK_MS = 1_500
/** So long without a break must our own readings have gone. */
const STEADY_MS = LEASE_MS + 2_000
/** So far apart must the two readings be that say a node is dead. */
const TWICE_MS = 1_000
/** A node whose lease ended so long ago is not listed any more. */
export const LISTED_MS = 60_000

interface Known {
  /** The first reading that missed it. */
  missingSinceMs: number | undefined
  isDead: boolean
}

export class Deaths {
  readonly #known = new Map<string, Known>()
  #steadySinceMs: number | undefined
  #lastMs = 0

  constructor(private readonly self: string) {}

  /** Readings before this prove nothing any more. */
  breakOff(): void {
    this.#steadySinceMs = undefined
    for (const known of this.#known.values()) known.missingSinceMs = undefined
  }

  /** Takes a reading. @returns who is dead, each once a death */
  take({ nowMs, leases }: Reading): string[] {
    // Another clock, after a fail-over, would make all leases run out at once.
    if (nowMs < this.#lastMs || nowMs - this.#lastMs > BREAK_MS) this.breakOff()
    this.#lastMs = nowMs
    this.#steadySinceMs ??= nowMs
    const listed = new Map(leases)
    for (const node of listed.keys()) {
      if (node !== this.self && !this.#known.has(node)) {
        this.#known.set(node, { missingSinceMs: undefined, isDead: false })
      }
    }
    const dead: string[] = []
    for (const [node, known] of this.#known) {
      if ((listed.get(node) ?? 0) > nowMs) {
        known.missingSinceMs = undefined
        known.isDead = false
        continue
      }
      known.missingSinceMs ??= nowMs
      const isSure = nowMs - known.missingSinceMs >= TWICE_MS && nowMs - this.#steadySinceMs >= STEADY_MS
      if (isSure && !known.isDead) {
        known.isDead = true
        dead.push(node)
      }
      // While it is listed it must be remembered, or it would die again.
      if (known.isDead && !listed.has(node)) this.#known.delete(node)
    }
    return dead
  }

  /** How soon a reading would tell something new, at most `atMostMs`. */
  nextMs({ nowMs, leases }: Reading, atMostMs: number): number {
    let nextMs = atMostMs
    for (const [node, untilMs] of leases) {
      if (node !== this.self && untilMs > nowMs) nextMs = Math.min(nextMs, untilMs - nowMs + 2)
    }
    for (const { missingSinceMs, isDead } of this.#known.values()) {
      if (missingSinceMs === undefined || isDead) continue
      const secondMs = missingSinceMs + TWICE_MS - nowMs + 2
      if (secondMs > 0) nextMs = Math.min(nextMs, secondMs)
    }
    return nextMs
  }
}
