/** Polls until `condition` holds. @throws Error naming `what` when it does not within `timeoutMs` */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = `${condition}`,
  timeoutMs = 10_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not so within ${timeoutMs} ms: ${what}`)
    await Bun.sleep(2)
  }
}
