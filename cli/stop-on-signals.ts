/** Ends a long-running command when it is signalled: orderly at first, at once when asked again. */

import { EXIT } from './exit'
import { tell } from './output'

/** What can be ended: `close` resolves when nothing is left to save. */
export interface Closable {
  close(): Promise<void>
}

/**
 * Takes SIGINT and SIGTERM over. The first closes what `running` gives and exits 0; a second one, or one that comes
 * while there is nothing to close yet, exits 130 or 143 at once.
 */
export function stopOnSignals(running: () => Closable | undefined): void {
  let isStopping = false
  const stop = (exitCode: number) => {
    const closable = running()
    // Before it listens nothing is at stake; and whoever signals twice does not want to wait.
    if (closable === undefined || isStopping) process.exit(exitCode)
    isStopping = true
    closable.close().then(
      () => process.exit(EXIT.done),
      (error: unknown) => {
        tell(`error: it did not stop cleanly: ${error instanceof Error ? error.stack : String(error)}`)
        process.exit(EXIT.failed)
      },
    )
  }
  process.on('SIGINT', () => stop(EXIT.interrupted))
  process.on('SIGTERM', () => stop(EXIT.terminated))
}
