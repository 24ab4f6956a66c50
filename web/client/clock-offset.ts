const windowLength = 10

/**
 * The server's clock as seen from here.
 *
 * Each message tells `now_ms`; what is seen locally is later by the way it took. The least difference of the
 * last ten messages is the one with the least delay in it (a min filter, as NTP's clock filter, RFC 5905 §10).
 */
export class ClockOffset {
  #samples: number[] = []
  #begun = true

  /** Takes in the `now_ms` of a message that arrived at `localMs`. */
  add(serverNowMs: number, localMs: number): void {
    if (!this.#begun) this.#samples = []
    this.#begun = true
    this.#samples.push(localMs - serverNowMs)
    if (this.#samples.length > windowLength) this.#samples.shift()
  }

  /** Begins a new window with the next message: after a sleep the local clock may have been set. */
  restart(): void {
    this.#begun = false
  }

  /** Whether anything is known; without it the local clock is taken for the server's. */
  get known(): boolean {
    return this.#samples.length > 0
  }

  /** The server's time at `localMs`, late by at most the fastest message's way. */
  serverNowMs(localMs: number): number {
    return this.known ? localMs - Math.min(...this.#samples) : localMs
  }
}
