/** What `delivery.access.v1` says, in memory: the epoch now; sessions, users and shares find their place here. */

/** The key of the epoch's fact. */
export const EPOCH_KEY = 'epoch'

export class AccessTable {
  #epoch = 0
  readonly #listeners = new Set<(epoch: number) => void>()

  /** The log's incarnation: versions of positions compare only within one; 0 until the fact is known. */
  get epoch(): number {
    return this.#epoch
  }

  /** Takes one fact; keys of kinds not known here are ignored, so that versions can roll. */
  apply(key: string, value: string | null): void {
    if (key !== EPOCH_KEY || value === null) return
    const epoch = Number(value)
    if (!Number.isSafeInteger(epoch) || epoch <= this.#epoch) return
    this.#epoch = epoch
    for (const listener of this.#listeners) listener(epoch)
  }

  onEpoch(listener: (epoch: number) => void): void {
    this.#listeners.add(listener)
  }
}
