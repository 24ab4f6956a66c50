/**
 * Traces: the way of one request through the processes, span by span, for whoever collects them by OpenTelemetry.
 *
 * Everywhere a trace may pass, `Tracing` is optional: without it nothing is made, asked or loaded. What carries a trace
 * from one part to the next is a `traceparent` (W3C Trace Context): a header of the request, of the log's record, a
 * member of the mail.
 */

/** The header, and the member of everything else that carries it. */
export const TRACEPARENT = 'traceparent'

/** What a span is in its trace (OTLP's `SpanKind`): a request taken, work begun for others, theirs gone on with, any other. */
export type SpanKind = 'server' | 'producer' | 'consumer' | 'internal'

/** What is told of a span. Never a token, never a coordinate. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** A span under way. */
export interface Span {
  /** For what follows from it. */
  readonly traceparent: string
  /** Ends it, once; with the error that ended it, if one did. */
  end(attributes?: SpanAttributes, error?: unknown): void
}

export interface Tracing {
  /**
   * Begins with a request from outside. It is traced when its caller's trace is, or, without a caller's, by the share
   * that is set; undefined when it is not.
   */
  request(name: string, traceparent: string | null): Span | undefined
  /** Goes on with a trace; undefined when there is none to go on with. */
  follow(kind: SpanKind, name: string, traceparent: string | undefined): Span | undefined
  /** Sends what has ended. */
  close(): Promise<void>
}

/** What a `traceparent` says. */
export interface TraceContext {
  /** 32 hex digits. */
  traceId: string
  /** 16 hex digits: the span that what follows has for its parent. */
  spanId: string
  sampled: boolean
}

/** Version 00, or what later versions must begin with (W3C Trace Context §4.3). */
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent` (W3C Trace Context §3.2); undefined when it is none, as the standard asks. */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  const match = typeof text === 'string' && text.length <= 256 ? FORM.exec(text) : null
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** Writes the `traceparent` of a sampled span. */
export function formatTraceparent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}
