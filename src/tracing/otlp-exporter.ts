/**
 * Sends spans by OTLP over HTTP, as JSON (OTLP specification 1.x, `POST …/v1/traces`).
 *
 * Written here, since the libraries for it are 3 MiB of the executable. A trace is a sample: what cannot be sent is
 * counted and dropped, and nothing ever waits for a collector.
 */

import type { Metrics } from '../metrics'
import type { SpanKind } from '../tracing'
import { VERSION } from '../version'
import type { EndedSpan, SpanExporter } from './tracer'

const FLUSH_MS = 1_000
/** Spans in one request. */
const BATCH_SPANS = 512
/** Spans that may wait; those beyond are dropped. */
const MAX_WAITING_SPANS = 4_096
const TIMEOUT_MS = 5_000

/** OTLP's numbers. */
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, producer: 4, consumer: 5 }
const STATUS_ERROR = 2

export class OtlpExporter implements SpanExporter {
  readonly #url: string
  readonly #resource: unknown
  #waiting: EndedSpan[] = []
  #timer: Timer | undefined
  #sending: Promise<void> | undefined

  /** @param endpoint the collector's, without `/v1/traces` */
  constructor(
    endpoint: string,
    role: string,
    private readonly metrics: Pick<Metrics, 'count'>,
  ) {
    this.#url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
    this.#resource = {
      attributes: attributesOf({
        'service.name': 'zlt',
        'service.version': VERSION,
        'service.instance.id': crypto.randomUUID(),
        'zlt.role': role,
      }),
    }
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= MAX_WAITING_SPANS) {
      this.metrics.count('zlt_spans_total', 1, 'dropped')
      return
    }
    this.#waiting.push(span)
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS)
  }

  async close(): Promise<void> {
    await this.#sending
    await this.#flush()
  }

  /** One request at a time: a slow collector gets no second one on top. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SPANS)
      this.metrics.count('zlt_spans_total', batch.length, (await this.#send(batch)) ? 'sent' : 'dropped')
    }
  }

  async #send(batch: readonly EndedSpan[]): Promise<boolean> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(this.#request(batch)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }

  #request(batch: readonly EndedSpan[]): unknown {
    const scopeSpans = [{ scope: { name: 'zlt', version: VERSION }, spans: batch.map(spanOf) }]
    return { resourceSpans: [{ resource: this.#resource, scopeSpans }] }
  }
}

function spanOf(span: EndedSpan): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    flags: 1,
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanosOf(span.startMs),
    endTimeUnixNano: nanosOf(span.endMs),
    attributes: attributesOf(span.attributes),
    ...(span.error !== undefined && { status: { code: STATUS_ERROR, message: span.error } }),
  }
}

/** Nanoseconds as text, as OTLP's JSON has 64-bit integers: a number could not hold them. */
function nanosOf(epochMs: number): string {
  const wholeMs = Math.floor(epochMs)
  return `${wholeMs}${String(Math.floor((epochMs - wholeMs) * 1e6)).padStart(6, '0')}`
}

function attributesOf(attributes: EndedSpan['attributes']): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
