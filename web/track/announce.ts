/** What a screen reader is told. */
export type Spoken = {
  stage: string
  arrival: string /** What the sentence is about; it is said again only when this changes. */
  state: string
  sentence: string
}

const arrivalEveryMs = 60_000

/**
 * Decides what is said aloud: each new stage once, the sentence once for each state, the arrival at most once a minute.
 *
 * A page that spoke at each change would be silenced by its listener.
 */
export class Announcer {
  #stage: string | undefined
  #state: string | undefined
  #arrival: string | undefined
  #saidArrivalAtMs = Number.NEGATIVE_INFINITY

  /** The words to say now, or undefined for silence. */
  next({ stage, arrival, state, sentence }: Spoken, nowMs: number): string | undefined {
    const words: string[] = []
    if (stage !== this.#stage) words.push(stage)
    if (state !== this.#state) words.push(sentence)
    if (arrival !== this.#arrival && nowMs - this.#saidArrivalAtMs >= arrivalEveryMs) {
      words.push(arrival)
      this.#arrival = arrival
      this.#saidArrivalAtMs = nowMs
    }
    this.#stage = stage
    this.#state = state
    return words.length > 0 ? words.filter(Boolean).join('. ').replaceAll('..', '.') : undefined
  }
}
