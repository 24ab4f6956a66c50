/** Runs asynchronous work one piece after the other, in the order it came. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve()

  /** Starts `work` once all that was given before has settled; a failure is its caller's alone. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.then(
      () => {},
      () => {},
    )
    return result
  }
}
