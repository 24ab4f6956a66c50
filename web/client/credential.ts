/** What lets a viewer watch: a token for an order, or a share link without a login. */
export type Credential =
  | { kind: 'token'; orderId: string; token: string }
  | { kind: 'share'; shareId: string; secret: string }

const id = /^[A-Za-z0-9._:-]{1,64}$/

/**
 * Reads a link `/t/{order id}#t=<jwt>` or `/t/{share id}#s=<secret>`; undefined if it is neither.
 *
 * The secret stands in the fragment, which is never sent: in the path it would land in access logs.
 */
export function parseTrackLink(pathname: string, hash: string): Credential | undefined {
  const name = decode(/^\/t\/([^/]+)\/?$/.exec(pathname)?.[1] ?? '')
  if (!id.test(name)) return undefined
  const fragment = new URLSearchParams(hash.replace(/^#/, ''))
  const token = fragment.get('t')
  const secret = fragment.get('s')
  // Either goes into a header and a subprotocol, where only these characters are legal.
  if (token && /^[A-Za-z0-9._-]+$/.test(token)) return { kind: 'token', orderId: name, token }
  if (secret && /^[A-Za-z0-9._~-]+$/.test(secret)) return { kind: 'share', shareId: name, secret }
  return undefined
}

/** The value of the `Authorization` header. */
export function authorizationOf(credential: Credential): string {
  return credential.kind === 'token' ? `Bearer ${credential.token}` : `Share ${credential.shareId}.${credential.secret}`
}

/** The path of the view as JSON; for a share its own id stands where an order's would. */
export function trackPathOf(credential: Credential): string {
  const name = credential.kind === 'token' ? credential.orderId : credential.shareId
  return `/orders/${encodeURIComponent(name)}/track`
}

/** Path and subprotocols of the socket; a browser cannot set headers there. */
export function socketOf(credential: Credential): { path: string; protocols: string[] } {
  return credential.kind === 'token'
    ? {
        path: `/ws?order_id=${encodeURIComponent(credential.orderId)}`,
        protocols: ['zlt.v1', `zlt.bearer.${credential.token}`],
      }
    : { path: '/ws', protocols: ['zlt.v1', `zlt.share.${credential.shareId}.${credential.secret}`] }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
