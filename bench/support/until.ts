/** Waits until `isDone`, looking every few milliseconds. @throws when it takes longer than `timeoutMs` */
export async function until(what: string, isDone: () => boolean, timeoutMs = 10_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`${what} took longer than ${timeoutMs} ms`)
    await Bun.sleep(5)
  }
}
