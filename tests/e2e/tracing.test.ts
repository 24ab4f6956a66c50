/** One fix, from the rider's request to the customer's frame, as one trace; and nothing of it when nobody wants traces. */

import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Config } from '../../src/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from '../tracing/trace-collector.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const FIX = { lat: 47.1, lng: 9.5 }

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function scene(
  settings: Partial<Config>,
): Promise<{ server: TestServer; viewer: Viewer; collector: TraceCollector }> {
  const collector = startTraceCollector()
  const server = await startTestServer({ tracingUrl: collector.url, ...settings })
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  const viewer = await openViewer(server, ['o1'])
  open.push(collector, server, viewer)
  return { server, viewer, collector }
}

async function send(server: TestServer, fixes: unknown, traceparent?: string): Promise<number> {
  const token = await server.token('DELIVERY_PARTNER', 'dp1')
  const headers: Record<string, string> = traceparent === undefined ? {} : { traceparent }
  return (await server.call('POST', '/location', { token, body: fixes, headers })).status
}

const named = (collector: TraceCollector, name: string) => collector.spans.filter((span) => span.name === name)

/** The names from the root to the span, by its parents. */
function wayTo(span: CollectedSpan | undefined, spans: readonly CollectedSpan[]): string[] {
  if (span === undefined) return []
  return [
    ...wayTo(
      spans.find(({ spanId }) => spanId === span.parentSpanId),
      spans,
    ),
    span.name,
  ]
}

test('one request is one trace, from POST to frame', async () => {
  const { server, viewer, collector } = await scene({ tracing: 1 })
  expect(await send(server, FIX)).toBe(202)
  await viewer.until('a position', (frame) => frame.position !== undefined)
  await until(() => named(collector, 'send').length > 0)

  const { spans } = collector
  const [sent] = named(collector, 'send')
  expect(wayTo(sent, spans)).toEqual(['POST /location', 'append', 'fold', 'send'])
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect(spans.map(({ role }) => role)).toEqual(['all', 'all', 'all', 'all'])
  expect(sent?.attributes).toEqual({ 'zlt.order_id': 'o1', 'zlt.audience': 'customer' })
  expect(named(collector, 'fold')[0]?.attributes).toEqual({ 'zlt.order_id': 'o1', 'zlt.moved': true })
  expect(named(collector, 'append')[0]?.attributes).toEqual({ 'zlt.records': 1 })
  expect(named(collector, 'POST /location')[0]?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/location',
    'http.response.status_code': 202,
  })
  expect(JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toMatch(
    /47\.1|9\.5/,
  )
})

test('a phone’s own trace goes on, whatever the share; one that it does not sample is left alone', async () => {
  const { server, viewer, collector } = await scene({ tracing: 1e-9 })
  expect(await send(server, FIX, `00-${TRACE}-${SPAN}-00`)).toBe(202)
  expect(await send(server, { lat: 47.1001, lng: 9.5 }, `00-${TRACE}-${SPAN}-01`)).toBe(202)
  await viewer.until('the second position', (frame) => frame.position?.lat === 47.1001)
  await until(() => named(collector, 'send').length > 0)
  expect(named(collector, 'POST /location')).toMatchObject([{ traceId: TRACE, parentSpanId: SPAN }])
  expect(collector.spans.every(({ traceId }) => traceId === TRACE)).toBe(true)
})

test('a request that is refused is a trace of one span, and no failure of the server', async () => {
  const { server, collector } = await scene({ tracing: 1 })
  expect(await send(server, { lat: 100, lng: 9.5 })).toBe(400)
  await until(() => collector.spans.length > 0)
  expect(collector.spans).toMatchObject([{ name: 'POST /location', attributes: { 'http.response.status_code': 400 } }])
  expect(collector.spans[0]).not.toHaveProperty('status')
})

test('a fix that moves nothing has a fold that says so', async () => {
  const { server, viewer, collector } = await scene({ tracing: 1 })
  await send(server, { ...FIX, id: 'one' })
  await viewer.until('a position', (frame) => frame.position !== undefined)
  await send(server, { ...FIX, id: 'one' })
  await until(() => named(collector, 'fold').length === 2)
  expect(named(collector, 'fold').map(({ attributes }) => attributes['zlt.moved'])).toEqual([true, false])
})

test('without a share nothing is traced, whatever the phone says, and what traces is not even loaded', async () => {
  const { server, viewer, collector } = await scene({ tracing: 0 })
  expect(await send(server, FIX, `00-${TRACE}-${SPAN}-01`)).toBe(202)
  await viewer.until('a position', (frame) => frame.position !== undefined)
  await server.stop()
  expect(collector.requests).toBe(0)
  await server.start()
})

test.each([
  [0, []],
  [1, ['tracer.ts', 'otlp-exporter.ts']],
])('with a share of %p a process loads %p', async (tracing, loaded) => {
  const script = `
    import { configOf } from './src/config.ts'
    import { openTracing } from './src/tracing/open.ts'
    import { Metrics } from './src/metrics.ts'
    await openTracing(configOf({ tracing: ${tracing}, tracingUrl: 'http://127.0.0.1:1' }), 'all', new Metrics())
    console.log(JSON.stringify(Object.keys(require.cache)))`
  const child = Bun.spawn([process.execPath, '-e', script], { cwd: join(import.meta.dir, '../..'), stderr: 'inherit' })
  const modules = JSON.parse(await new Response(child.stdout).text()) as string[]
  expect(modules.some((path) => path.endsWith('/tracing/open.ts'))).toBe(true)
  const lazy = modules.filter((path) => /\/tracing\/(?!open)[^/]+$/.test(path)).map((path) => path.split('/').at(-1))
  expect(lazy.sort()).toEqual([...loaded].sort())
})
