/** The keys of an auth node elsewhere: its JWK Set, polled, and kept in a file so that a node restarts without it. */

import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { importJWK } from 'jose'
import { type OnError, UnreachableError, ZltError } from '../errors'
import type { KeyRing } from './authenticate'
import { fetchJwks, parseJwks, type VerificationJwk } from './jwks'

const POLL_MS = 30_000
/** Without a word from the auth node, known keys are good for so long. */
const MAX_STALE_MS = 24 * 3_600_000
/** Tokens of unknown keys may come by the thousand. */
const SEEK_MS = 5_000
/** How long a start without any keys waits for the auth node, and how often it asks. */
const FIRST_WAIT_MS = 10_000
const FIRST_RETRY_MS = 500
/** Two polls and a bit: one lost answer is nothing to tell. */
const WORTH_TELLING_MS = 75_000

export interface RemoteKeysOptions {
  authUrl: string
  /** Where the last set is kept. */
  path: string
  onError: OnError
  now?: () => number
  pollMs?: number
  seekMs?: number
  firstWaitMs?: number
}

export interface RemoteKeys extends KeyRing {
  /** What is wrong with them: an auth node away only degrades, until the keys are too old. */
  findings(): { status: 'degraded' | 'unready'; reason: string }[]
  close(): void
}

interface Known {
  keys: ReadonlyMap<string, CryptoKey>
  fetchedMs: number
}

/**
 * Opens the keys of the auth node at `authUrl`. A key that it no longer publishes is refused from the next poll on.
 *
 * jose's own remote set is no use here: it throws for every token once the auth node has been away for longer than its
 * cache lives.
 * @throws UnreachableError when there is no set, neither from there within 10 s nor from a former start
 */
export async function openRemoteKeys(options: RemoteKeysOptions): Promise<RemoteKeys> {
  const { authUrl, path, onError, now = Date.now, pollMs = POLL_MS, seekMs = SEEK_MS } = options
  const url = `${authUrl.replace(/\/+$/, '')}/.well-known/jwks.json`
  let known: Known | undefined
  let fetching: Promise<void> | undefined
  let lastFetch = Number.NEGATIVE_INFINITY
  let closed = false
  let timer: Timer | undefined

  async function fetchNow(): Promise<void> {
    lastFetch = performance.now()
    const jwks = await fetchJwks(url)
    known = { keys: await importAll(jwks), fetchedMs: now() }
    const text = JSON.stringify({ auth_url: authUrl, fetched_at_ms: known.fetchedMs, keys: jwks })
    if (closed) return
    try {
      await keep(path, text)
    } catch (error) {
      onError(error, { stage: 'keep_jwks' })
    }
  }

  /** One at a time; who comes meanwhile waits for the same answer. */
  function refresh(): Promise<void> {
    fetching ??= fetchNow().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  function pollLater(): void {
    // Spread, so that nodes which started together do not ask together for ever.
    timer = setTimeout(poll, pollMs * (0.8 + 0.4 * Math.random()))
    timer.unref()
  }

  function poll(): void {
    refresh()
      .catch((error: unknown) => onError(error, { stage: 'jwks' }))
      .finally(() => {
        if (!closed) pollLater()
      })
  }

  const staleMs = () => (known === undefined ? Number.POSITIVE_INFINITY : Math.max(0, now() - known.fetchedMs))
  const find = (kid: string) => (staleMs() <= MAX_STALE_MS ? known?.keys.get(kid) : undefined)

  known = await readKept(path, authUrl, onError)
  await refresh().catch(async (error: unknown) => {
    if (staleMs() <= MAX_STALE_MS) onError(error, { stage: 'jwks' })
    else await waitForFirst(refresh, error, url, options.firstWaitMs ?? FIRST_WAIT_MS)
  })
  pollLater()

  return {
    find,
    async seek(kid) {
      if (fetching !== undefined || performance.now() - lastFetch >= seekMs) {
        // Whoever made the token up must not fill the log: the poll tells of an auth node that is away.
        await refresh().catch(() => {})
      }
      if (staleMs() > MAX_STALE_MS) {
        throw new ZltError('not_ready', 'the auth node has been away for a day, and its keys are too old to trust')
      }
      return find(kid)
    },
    findings() {
      const ms = staleMs()
      if (ms <= Math.max(WORTH_TELLING_MS, 2.5 * pollMs)) return []
      const ago = `the auth node has not answered for ${Math.round(ms / 1000)} s (ZLT_AUTH_URL)`
      return ms > MAX_STALE_MS
        ? [{ status: 'unready', reason: `${ago}, and its keys are too old to trust` }]
        : [{ status: 'degraded', reason: `${ago}: the keys known then are used` }]
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

async function importAll(jwks: readonly VerificationJwk[]): Promise<ReadonlyMap<string, CryptoKey>> {
  const keys = new Map<string, CryptoKey>()
  for (const { kid, ...jwk } of jwks) keys.set(kid, (await importJWK(jwk, 'ES256')) as CryptoKey)
  return keys
}

async function waitForFirst(refresh: () => Promise<void>, first: unknown, url: string, waitMs: number): Promise<void> {
  let last = first
  for (const untilMs = performance.now() + waitMs; performance.now() < untilMs; ) {
    await Bun.sleep(Math.min(FIRST_RETRY_MS, waitMs))
    try {
      return await refresh()
    } catch (error) {
      last = error
    }
  }
  const why = last instanceof Error ? last.message : String(last)
  throw new UnreachableError(`no keys from ${url}: ${why}; start an auth node there, or correct ZLT_AUTH_URL`, {
    cause: last,
  })
}

/** Whole or not at all, and the owner's alone: who could write it could let anybody in. */
async function keep(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`
  await writeFile(draft, text, { mode: 0o600 })
  // The mode counts only for a file that was not there.
  await chmod(draft, 0o600)
  await rename(draft, path)
}

/** What a former start kept, unless it was of another auth node. */
async function readKept(path: string, authUrl: string, onError: OnError): Promise<Known | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown> | null
    if (kept?.auth_url !== authUrl || typeof kept.fetched_at_ms !== 'number') return undefined
    return { keys: await importAll(await parseJwks(kept)), fetchedMs: kept.fetched_at_ms }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onError(error, { stage: 'kept_jwks' })
    return undefined
  }
}
