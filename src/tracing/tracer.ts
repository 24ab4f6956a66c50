/** Makes spans: ids, times and what becomes of errors. */

import {
  formatTraceparent,
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type Tracing,
} from '../tracing'

/** A span that has ended. */
export interface EndedSpan {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: SpanKind
  /** Epoch ms, with fractions. */
  startMs: number
  endMs: number
  attributes: SpanAttributes
  /** What ended it, when an error did. */
  error?: string
}

/** Where ended spans go. */
export interface SpanExporter {
  /** MUST NOT throw or wait. */
  add(span: EndedSpan): void
  close(): Promise<void>
}

/** How far the fine clock may be from the wall clock before it is set anew. */
const DRIFT_MS = 5

export class Tracer implements Tracing {
  #anchorMs = Date.now() - performance.now()

  /** @param share of requests without a caller's trace that are traced, 0–1 */
  constructor(
    private readonly share: number,
    private readonly exporter: SpanExporter,
    private readonly random: () => number = Math.random,
  ) {}

  request(name: string, traceparent: string | null): Span | undefined {
    const caller = parseTraceparent(traceparent)
    if (caller !== undefined)
      return caller.sampled ? this.#start('server', name, caller.traceId, caller.spanId) : undefined
    return this.random() < this.share ? this.#start('server', name, newId(16), undefined) : undefined
  }

  follow(kind: SpanKind, name: string, traceparent: string | undefined): Span | undefined {
    const parent = parseTraceparent(traceparent)
    return parent?.sampled ? this.#start(kind, name, parent.traceId, parent.spanId) : undefined
  }

  close(): Promise<void> {
    return this.exporter.close()
  }

  #start(kind: SpanKind, name: string, traceId: string, parentSpanId: string | undefined): Span {
    const spanId = newId(8)
    const startMs = this.#nowMs()
    return {
      traceparent: formatTraceparent(traceId, spanId),
      end: (attributes = {}, error) => {
        const span: EndedSpan = { traceId, spanId, parentSpanId, name, kind, startMs, endMs: this.#nowMs(), attributes }
        if (error !== undefined) span.error = error instanceof Error ? error.message : String(error)
        this.exporter.add(span)
      },
    }
  }

  /** A fold takes a tenth of a millisecond, so the fine clock; it knows nothing of a wall clock that was set. */
  #nowMs(): number {
    const wallMs = Date.now()
    const fineMs = this.#anchorMs + performance.now()
    if (Math.abs(wallMs - fineMs) <= DRIFT_MS) return fineMs
    this.#anchorMs = wallMs - performance.now()
    return wallMs
  }
}

function newId(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}
