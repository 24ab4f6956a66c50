/**
 * How long the server's event loop leaves a request waiting, asked from a thread of its own: the thread that makes the
 * load has stalls of its own, which must not count as the server's.
 */

import { Histogram, type LatencySummary } from '../../cli/simulate/histogram.ts'

const EVERY_MS = 10

/** A probe under way. */
export interface StallProbe {
  /** Ends it. @returns the waits of all requests, and those that were not answered */
  stop(): Promise<LatencySummary & { failed: number }>
}

/** Asks `url` (a route that does nothing) a hundred times a second, one request at a time. */
export function startStallProbe(url: string): StallProbe {
  const worker = new Worker(import.meta.url)
  const summary = new Promise<LatencySummary & { failed: number }>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
  })
  worker.postMessage(url)
  return {
    async stop() {
      worker.postMessage('stop')
      const result = await summary
      worker.terminate()
      return result
    },
  }
}

if (!Bun.isMainThread) {
  let going = true
  const waits = new Histogram()
  let failed = 0
  const probe = async (url: string) => {
    while (going) {
      const startedMs = performance.now()
      const answer = await fetch(url).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.ok) waits.add(performance.now() - startedMs)
      else failed += 1
      await Bun.sleep(EVERY_MS)
    }
    self.postMessage({ ...waits.summary(), failed })
  }
  self.onmessage = ({ data }: MessageEvent<string>) => {
    if (data === 'stop') going = false
    else void probe(data)
  }
}
