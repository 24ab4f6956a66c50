/** A small receiver of OTLP over HTTP: what it was sent, as spans. */

export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startNanos: bigint
  endNanos: bigint
  attributes: Record<string, string | number | boolean>
  status?: { code: number; message: string }
  /** The resource's attribute `zlt.role`. */
  role: string
}

export interface TraceCollector {
  url: string
  spans: CollectedSpan[]
  /** The paths that were asked. */
  paths: string[]
  requests: number
  /** The status it answers with. */
  status: number
  close(): Promise<void>
}

export function startTraceCollector(): TraceCollector {
  const collector = { spans: [], paths: [], requests: 0, status: 200 } as unknown as TraceCollector
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      collector.requests += 1
      collector.paths.push(`${request.method} ${new URL(request.url).pathname}`)
      if (request.headers.get('content-type') !== 'application/json') return new Response(null, { status: 415 })
      const body = (await request.json()) as Export
      if (collector.status !== 200) return new Response(null, { status: collector.status })
      for (const { resource, scopeSpans } of body.resourceSpans) {
        const role = String(read(resource.attributes)['zlt.role'])
        for (const { spans } of scopeSpans) for (const span of spans) collector.spans.push(collected(span, role))
      }
      return Response.json({ partialSuccess: {} })
    },
  })
  collector.url = `http://127.0.0.1:${server.port}`
  collector.close = () => server.stop(true)
  return collector
}

interface Export {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: RawSpan[] }[] }[]
}

interface Attribute {
  key: string
  value: { stringValue?: string; boolValue?: boolean; intValue?: string; doubleValue?: number }
}

interface RawSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  status?: { code: number; message: string }
}

function collected({ startTimeUnixNano, endTimeUnixNano, attributes, ...rest }: RawSpan, role: string): CollectedSpan {
  const [startNanos, endNanos] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)]
  return { ...rest, startNanos, endNanos, attributes: read(attributes), role }
}

function read(attributes: readonly Attribute[]): CollectedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? doubleValue ?? Number(intValue),
    ]),
  )
}
