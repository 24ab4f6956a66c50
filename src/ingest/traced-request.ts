/** The span of a request that brings fixes, from its first byte read to its answer. */

import { ZltError } from '../errors'
import type { Span } from '../tracing'

/** Runs `take` inside of `span`, and ends it with what the answer was. */
export async function inSpan(span: Span, take: () => Promise<Response>): Promise<Response> {
  try {
    const response = await take()
    span.end(attributesOf(response.status))
    return response
  } catch (error) {
    const status = error instanceof ZltError ? error.status : 500
    // What the caller did wrong is no failure of ours (OpenTelemetry's conventions for HTTP servers).
    span.end(attributesOf(status), status >= 500 ? error : undefined)
    throw error
  }
}

function attributesOf(status: number) {
  return { 'http.request.method': 'POST', 'http.route': '/location', 'http.response.status_code': status }
}
