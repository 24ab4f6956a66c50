/** CORS for the origins that a setting names (Fetch standard, CORS protocol); tokens travel in headers, cookies never. */

/** Headers that let `origin` read the answer. */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
    vary: 'Origin',
  }
}

/** The answer to a preflight of an allowed origin. */
export function preflight(origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(origin),
      'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Traceparent',
      'access-control-max-age': '600',
    },
  })
}
