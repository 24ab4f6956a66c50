/** The spans of one batch: for each traced record, from the batch's coming to its positions' leaving. */

import type { StoredRecord } from '../ports/log'
import { type Span, TRACEPARENT, type Tracing } from '../tracing'

export class FoldSpans {
  readonly #spans: { order: string; span: Span }[] = []
  readonly #newest = new Map<string, string>()

  constructor(tracing: Tracing, records: readonly StoredRecord[]) {
    for (const { key, headers } of records) {
      const span = key === null ? undefined : tracing.follow('consumer', 'fold', headers[TRACEPARENT])
      if (key === null || span === undefined) continue
      this.#spans.push({ order: key, span })
      this.#newest.set(key, span.traceparent)
    }
  }

  /** The `traceparent` for the mail about an order: its newest record's. */
  traceparentOf(order: string): string | undefined {
    return this.#newest.get(order)
  }

  /** Ends them all. @param moved the orders that have a new position now */
  end(moved: ReadonlySet<string>): void {
    for (const { order, span } of this.#spans) span.end({ 'zlt.order_id': order, 'zlt.moved': moved.has(order) })
  }
}
