/** Ctrl-C: once to end well, again to end at once. */

import { EXIT } from '../exit'

/** Signals closer together than this are one: a terminal and a wrapper such as npm may both deliver it. */
const SAME_SIGNAL_MS = 500

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: 129 } as const

/** Aborts `curtain` at the first signal; a later second one exits. Returns the exit code of the signal that came, if any. */
export function stopOnSignals(curtain: AbortController): () => number | undefined {
  let first: { code: number; atMs: number } | undefined
  for (const [signal, code] of Object.entries(CODES)) {
    process.on(signal, () => {
      const atMs = performance.now()
      if (first !== undefined && atMs - first.atMs > SAME_SIGNAL_MS) process.exit(code)
      first ??= { code, atMs }
      curtain.abort()
    })
  }
  return () => first?.code
}
