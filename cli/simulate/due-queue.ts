/** What is to be done when: thousands of appointments behind one timer. */

/** A binary heap by time; entries of equal time come out in any order. */
export class DueQueue<T> {
  readonly #heap: { atMs: number; item: T }[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The time of the earliest entry. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.atMs
  }

  push(atMs: number, item: T): void {
    const heap = this.#heap
    const entry = { atMs, item }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as { atMs: number; item: T }
      if (above.atMs <= atMs) break
      heap[i] = above
      i = parent
    }
    heap[i] = entry
  }

  /** Takes out the earliest entry if it is due. */
  takeDue(nowMs: number): { atMs: number; item: T } | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.atMs > nowMs) return undefined
    const last = heap.pop() as { atMs: number; item: T }
    if (heap.length > 0) this.#sink(last)
    return first
  }

  #sink(entry: { atMs: number; item: T }): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      if (left >= heap.length) break
      const right = left + 1
      const a = heap[left] as { atMs: number; item: T }
      const b = heap[right]
      const [child, at] = b !== undefined && b.atMs < a.atMs ? [b, right] : [a, left]
      if (child.atMs >= entry.atMs) break
      heap[i] = child
      i = at
    }
    heap[i] = entry
  }
}
