/** Opens tracing as the settings want it. What does it is loaded only then. */

import type { Metrics } from '../metrics'
import type { Tracing } from '../tracing'

export interface TracingOptions {
  /** The share of requests without a caller's trace that are traced; 0 turns all off. */
  tracing: number
  /** The OTLP endpoint, without `/v1/traces`. */
  tracingUrl?: string | undefined
}

/**
 * Opens tracing, or nothing when the settings want none.
 * @param role what the process is to be called in traces
 */
export async function openTracing(
  { tracing, tracingUrl }: TracingOptions,
  role: string,
  metrics: Metrics,
): Promise<Tracing | undefined> {
  if (!(tracing > 0) || tracingUrl === undefined) return undefined
  const [{ Tracer }, { OtlpExporter }] = await Promise.all([import('./tracer'), import('./otlp-exporter')])
  return new Tracer(tracing, new OtlpExporter(tracingUrl, role, metrics))
}
