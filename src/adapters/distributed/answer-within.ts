/** kafkajs can wait for ever, on a frozen broker above all: whoever asks it waits only so long. */

/** The work's outcome, or a rejection after `timeoutMs`; the work goes on then, and its outcome is dropped. */
export function answerWithin<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${timeoutMs} ms`)), timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
