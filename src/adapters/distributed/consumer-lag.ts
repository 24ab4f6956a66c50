/** How far each partition's consumer is behind the end of its partition. */

export class ConsumerLag {
  readonly #ends = new Map<number, number>()
  readonly #positions = new Map<number, number>()

  /** The next offset to be written. */
  end(partition: number, offset: number): void {
    this.#ends.set(partition, offset)
  }

  /** The next offset to be taken. */
  position(partition: number, offset: number): void {
    this.#positions.set(partition, offset)
  }

  positionOf(partition: number): number | undefined {
    return this.#positions.get(partition)
  }

  forget(partition: number): void {
    this.#ends.delete(partition)
    this.#positions.delete(partition)
  }

  /** In records, offsets without one included; undefined while the end or the position is not known. */
  of(partition: number): number | undefined {
    const [end, position] = [this.#ends.get(partition), this.#positions.get(partition)]
    return end === undefined || position === undefined ? undefined : Math.max(0, end - position)
  }

  /** By partition, those that are known. */
  all(): Record<string, number> {
    const all: Record<string, number> = {}
    for (const partition of this.#positions.keys()) {
      const lag = this.of(partition)
      if (lag !== undefined) all[partition] = lag
    }
    return all
  }
}
