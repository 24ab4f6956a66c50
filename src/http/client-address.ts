/** Whose address a request comes from: the peer's, or what a trusted proxy says it is. */

import { BlockList, isIP } from 'node:net'

/** Finds the client's address of a request that arrived from `peer`. */
export type ClientAddress = (request: Request, peer: string) => string

/**
 * Makes the finder. `X-Forwarded-For` is believed from trusted proxies only, and read from its right end: the left is
 * what anybody can write.
 * @param trusted addresses and CIDR blocks
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList()
  for (const block of trusted) {
    const [address = '', prefix] = block.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    proxies.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  const isTrusted = (address: string) => {
    const version = isIP(address)
    return version !== 0 && proxies.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
  return function clientAddress(request, peer) {
    let address = peer
    if (trusted.length === 0) return address
    const hops = request.headers.get('x-forwarded-for')?.split(',') ?? []
    while (isTrusted(address)) {
      const next = hops.pop()?.trim()
      if (next === undefined || isIP(next) === 0) break
      address = next
    }
    return address
  }
}
