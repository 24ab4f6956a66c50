/** Where a run goes: servers given by their URLs, or one of its own. */

import { type Config, configOf } from '../../src/config'
import { openLocalKey } from '../local-key'
import { type Backend, openBackend, UnreachableError } from '../riders/backend'
import { isReady, type OwnServer } from '../riders/own-server'

/** The servers of a run, by what they are for; one URL may be all. */
export interface Urls {
  ingest: string
  fanout: readonly string[]
  auth: string
}

/** The servers and the means to act on them. */
export interface Target extends Urls {
  backend: Backend
  /** A token for one order that lives as long as the run. */
  tokenFor(orderId: string, role: 'CUSTOMER' | 'DELIVERY_PARTNER', sub: string): Promise<string>
}

/**
 * Makes a target of running servers: with `ZLT_TOKEN` all tokens are asked for at the auth role; without it they are made
 * here, by the key of the servers' data folder.
 * @throws UnreachableError when one of them is not ready; CliError when there is neither token nor key
 */
export async function openTarget(urls: Urls, config: Config, ttlS: number): Promise<Target> {
  const { token } = config
  if (token === undefined) return localTarget(urls, config, ttlS)
  await refuseUnready(urls)
  const backend = openBackend(urls.auth, token)
  return { ...urls, backend, tokenFor: (orderId, role, sub) => backend.mintOrderToken({ orderId, role, sub }, ttlS) }
}

/** Makes a target of a server of our own. */
export function targetOfOwn(server: Pick<OwnServer, 'url' | 'dataFolder'>, ttlS: number): Promise<Target> {
  const urls = { ingest: server.url, fanout: [server.url], auth: server.url }
  return localTarget(urls, configOf({ data: server.dataFolder }), ttlS)
}

async function localTarget(urls: Urls, config: Config, ttlS: number): Promise<Target> {
  await refuseUnready(urls)
  const mint = await openLocalKey(config)
  const backend = openBackend(urls.auth, await mint({ sub: 'simulate', role: 'INTERNAL_SERVICE', ttlS }))
  return { ...urls, backend, tokenFor: (orderId, role, sub) => mint({ sub, role, orders: [orderId], ttlS }) }
}

async function refuseUnready({ ingest, fanout, auth }: Urls): Promise<void> {
  for (const url of new Set([auth, ingest, ...fanout])) {
    if (!(await isReady(url))) throw new UnreachableError(`no ready server at ${url} (asked ${url}/readyz)`)
  }
}
