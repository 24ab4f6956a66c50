/** Spans, and that they reach a real receiver, or nobody's way. */

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Metrics } from '../../src/metrics.ts'
import { OtlpExporter } from '../../src/tracing/otlp-exporter.ts'
import { Tracer } from '../../src/tracing/tracer.ts'
import { parseTraceparent } from '../../src/tracing.ts'
import { until } from '../support/until.ts'
import { startTraceCollector, type TraceCollector } from './trace-collector.ts'

const CALLER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' }
const sampledBy = (flags: string) => `00-${CALLER.trace}-${CALLER.span}-${flags}`

let collector: TraceCollector
let metrics: Metrics

beforeEach(() => {
  collector = startTraceCollector()
  metrics = new Metrics()
})
afterEach(() => collector.close())

const tracerOf = (share: number, url = collector.url, random?: () => number) =>
  new Tracer(share, new OtlpExporter(url, 'ingest', metrics), random)

test('a request and what follows from it are one trace, with parents, times and what was told of them', async () => {
  const tracer = tracerOf(1)
  const beforeMs = Date.now()
  const request = tracer.request('POST /location', null)
  const append = tracer.follow('producer', 'append', request?.traceparent)
  append?.end({ 'zlt.records': 2, share: 0.5, whole: true })
  request?.end({ 'http.route': '/location' }, new Error('it broke'))
  await tracer.close()

  const [child, root] = collector.spans
  expect(collector.paths).toEqual(['POST /v1/traces'])
  expect(root).toMatchObject({
    name: 'POST /location',
    kind: 2,
    status: { code: 2, message: 'it broke' },
    role: 'ingest',
  })
  expect(root).not.toHaveProperty('parentSpanId')
  expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(child).toMatchObject({ name: 'append', kind: 4, traceId: root?.traceId, parentSpanId: root?.spanId })
  expect(child?.attributes).toEqual({ 'zlt.records': 2, share: 0.5, whole: true })
  expect(child).not.toHaveProperty('status')
  expect(parseTraceparent(append?.traceparent)).toEqual({
    traceId: child?.traceId as string,
    spanId: child?.spanId as string,
    sampled: true,
  })
  for (const { startNanos, endNanos } of collector.spans) {
    expect(startNanos).toBeGreaterThanOrEqual(BigInt(beforeMs - 6) * 1_000_000n)
    expect(endNanos).toBeGreaterThanOrEqual(startNanos)
    expect(endNanos).toBeLessThanOrEqual(BigInt(Date.now() + 6) * 1_000_000n)
  }
  expect(metrics.value('zlt_spans_total', 'sent')).toBe(2)
})

test('a caller’s trace is gone on with when it is sampled, and left alone when it is not', async () => {
  const tracer = tracerOf(1)
  tracer.request('a', sampledBy('01'))?.end()
  expect(tracer.request('b', sampledBy('00'))).toBeUndefined()
  expect(tracer.follow('consumer', 'c', sampledBy('00'))).toBeUndefined()
  expect(tracer.follow('consumer', 'd', undefined)).toBeUndefined()
  tracer.request('e', 'not a traceparent')?.end()
  await tracer.close()
  const [a, e] = collector.spans
  expect(a).toMatchObject({ name: 'a', traceId: CALLER.trace, parentSpanId: CALLER.span })
  expect(e?.traceId).not.toBe(CALLER.trace)
  expect(collector.spans).toHaveLength(2)
})

test('the share decides where no caller has', () => {
  const dice = [0.09, 0.1, 0.5]
  const tracer = tracerOf(0.1, collector.url, () => dice.shift() as number)
  expect([1, 2, 3].map(() => tracer.request('a', null) !== undefined)).toEqual([true, false, false])
})

test('spans leave by themselves, many in one request', async () => {
  const tracer = tracerOf(1, `${collector.url}/`)
  for (let i = 0; i < 600; i++) tracer.request('a', null)?.end()
  await until(() => collector.spans.length === 600)
  expect(collector.requests).toBe(2)
  expect(collector.paths[0]).toBe('POST /v1/traces')
  await tracer.close()
  expect(collector.requests).toBe(2)
})

test('a collector that refuses, or is not there, costs the spans and nothing else', async () => {
  collector.status = 503
  const tracer = tracerOf(1)
  tracer.request('a', null)?.end()
  await tracer.close()
  expect(metrics.value('zlt_spans_total', 'dropped')).toBe(1)
  await collector.close()
  const other = tracerOf(1)
  for (let i = 0; i < 5_000; i++) other.request('a', null)?.end()
  // More than may wait is dropped at once.
  expect(metrics.value('zlt_spans_total', 'dropped')).toBe(1 + 5_000 - 4_096)
  await other.close()
  expect(metrics.value('zlt_spans_total', 'dropped')).toBe(5_001)
})
