/** The few calls by which a company's backend drives zlt, over HTTP. */

import type { OrderInput } from '../../src/domain/order'
import type { OrderStatus } from '../../src/domain/view'

/** Nobody answers at the URL. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The server answered, with an error. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail)
  }
}

/** A token that is good for one order, and for whom. */
export interface OrderTokenInput {
  orderId: string
  role: 'CUSTOMER' | 'DELIVERY_PARTNER'
  sub: string
}

export interface Backend {
  createOrder(id: string, input: OrderInput): Promise<void>
  assignOrder(id: string, partnerId: string): Promise<void>
  setStatus(id: string, status: OrderStatus): Promise<void>
  forgetOrder(id: string): Promise<void>
  mintOrderToken(input: OrderTokenInput, ttlS: number): Promise<string>
}

/** How often a call is tried while the server is full or away, and the wait before the first repetition. */
const RETRY = { attempts: 5, firstMs: 100 } as const

/** A call without an answer for so long is tried again. */
const ANSWER_TIMEOUT_MS = 10_000

/**
 * Speaks to the auth role at `url`. A 503 and a failed connection are tried again for about 3 s; each call is safe to repeat.
 * When `signal` aborts, calls under way are cut off and throw its reason.
 * @throws UnreachableError, RefusedError from every call
 */
export function openBackend(url: string, token: string, signal?: AbortSignal): Backend {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === RETRY.attempts
      const response = await send(method, path, body).catch((cause: unknown) => {
        if (signal?.aborted) throw cause
        if (last) throw new UnreachableError(`cannot reach ${url}: ${messageOf(cause)}`, { cause })
        return undefined
      })
      if (response !== undefined && (response.ok || last || response.status !== 503)) return readAnswer(response)
      await response?.body?.cancel()
      await Bun.sleep(RETRY.firstMs * 2 ** (attempt - 1))
    }
  }

  function send(method: string, path: string, body: unknown): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` }
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const init: RequestInit = { method, headers, signal: signal ? AbortSignal.any([signal, timeout]) : timeout }
    if (body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(body)
    }
    return fetch(`${url}${path}`, init)
  }

  return {
    async createOrder(id, input) {
      await call('POST', '/orders', { id, ...input })
    },
    async assignOrder(id, partnerId) {
      await call('POST', `/orders/${id}/assign`, { partner_id: partnerId })
    },
    async setStatus(id, status) {
      await call('POST', `/orders/${id}/status`, { status })
    },
    async forgetOrder(id) {
      await call('DELETE', `/orders/${id}`)
    },
    async mintOrderToken({ orderId, role, sub }, ttlS) {
      const answer = await call('POST', `/orders/${orderId}/tokens`, { role, sub, ttl_s: ttlS })
      return (answer as { access_token: string }).access_token
    },
  }
}

async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text()
  if (response.ok) return text === '' ? undefined : JSON.parse(text)
  const { code, detail } = readProblem(text)
  throw new RefusedError(response.status, code, `${response.status} ${code}: ${detail}`)
}

/** Reads a problem document; anything else, such as a proxy's page, is `unknown`. */
export function readProblem(text: string): { code: string; detail: string } {
  try {
    const raw = JSON.parse(text) as { code?: unknown; detail?: unknown } | null
    if (typeof raw?.code === 'string') return { code: raw.code, detail: String(raw.detail ?? '') }
  } catch {
    // Not JSON: falls through to what can be said of any text.
  }
  return { code: 'unknown', detail: text.slice(0, 200) || 'no explanation' }
}

/** What an unknown thrown thing says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Does `work` for each item, at most `limit` at a time. After a failure no more are started; it is thrown once those under
 * way have ended, so that nothing goes on behind the caller's back.
 */
export async function forEachBounded<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>) {
  let next = 0
  const failures: unknown[] = []
  async function worker(): Promise<void> {
    while (next < items.length && failures.length === 0) {
      const item = items[next] as T
      next += 1
      await work(item).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
