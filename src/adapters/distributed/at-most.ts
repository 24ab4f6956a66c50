/** What `promise` resolves with, or undefined when that takes longer than `timeoutMs`. Rejects as it does. */
export async function atMost<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
