/** A whole server on a folder and a port of its own, with tokens of every role and the calls that tests make most. */

import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts'
import { type Config, configOf, signingKeysPath } from '../../src/config.ts'
import type { Role } from '../../src/domain/audience.ts'
import type { RunningServer } from '../../src/roles/node.ts'
import { startServer } from '../../src/server.ts'
import { tempFolder } from './temp-folder.ts'

export const ADMIN_PASSWORD = 'correct horse'

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  body: any
}

export interface CallOptions {
  token?: string
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown
  headers?: Record<string, string>
}

export interface TokenOptions {
  orders?: string[]
  ttlS?: number
  /** When it was made, epoch ms. */
  nowMs?: number
}

export interface OrderOptions {
  customer?: string
  partner?: string
  [field: string]: unknown
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly config: Config
  readonly keys: SigningKeys
  token(role: Role, sub: string, options?: TokenOptions): Promise<string>
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Creates an order, and gives it to `partner` if one is named. */
  order(id: string, options?: OrderOptions): Promise<void>
  assign(id: string, partner: string): Promise<void>
  move(id: string, status: string): Promise<void>
  /** Sends fixes as a rider. */
  post(partner: string, fixes: unknown): Promise<Answer>
  /** The value of a metric, summed over its labels. */
  metric(name: string): Promise<number>
  /** Closes and starts again on the same folder, on another port. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Starts again on the same folder, after `stop`; on the same port if the settings name one. */
  start(): Promise<void>
  /** Stops and removes the folder. */
  close(): Promise<void>
}

/** Starts a server, on a folder of its own unless the settings name one; a thrown error of a helper names the call that failed. */
export async function startTestServer(settings: Partial<Config> = {}): Promise<TestServer> {
  const folder = tempFolder()
  const config = configOf({
    data: folder.path,
    port: 0,
    adminPassword: ADMIN_PASSWORD,
    logLevel: 'silent',
    ...settings,
  })
  let running: RunningServer = await startServer(config)
  const keys = await openSigningKeys(signingKeysPath(config), { create: false })
  const tokens = new Map<string, Promise<string>>()

  const server: TestServer = {
    get url() {
      return running.url
    },
    get port() {
      return Number(new URL(running.url).port)
    },
    config,
    keys,
    token(role, sub, { orders, ttlS = 900, nowMs } = {}) {
      const mint = () =>
        mintToken(keys, { role, sub, ttlS, issuer: config.issuer, ...(orders && { orders }) }, nowMs ?? Date.now())
      if (orders !== undefined || ttlS !== 900 || nowMs !== undefined) return mint()
      const name = `${role} ${sub}`
      const known = tokens.get(name) ?? mint()
      tokens.set(name, known)
      return known
    },
    async call(method, path, { token, body, headers = {} } = {}) {
      const sent: Record<string, string> = { ...headers }
      if (token !== undefined) sent.authorization ??= `Bearer ${token}`
      const init: RequestInit = { method, headers: sent, redirect: 'manual' }
      if (body !== undefined) {
        sent['content-type'] ??= 'application/json'
        init.body = typeof body === 'string' ? body : JSON.stringify(body)
      }
      const response = await fetch(running.url + path, init)
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
    },
    async order(id, { customer, partner, ...fields } = {}) {
      const body = { id, ...(customer !== undefined && { customer_id: customer }), ...fields }
      await mustBe(201, 'POST', '/orders', body)
      if (partner !== undefined) await server.assign(id, partner)
    },
    assign: (id, partner) => mustBe(200, 'POST', `/orders/${id}/assign`, { partner_id: partner }),
    move: (id, status) => mustBe(200, 'POST', `/orders/${id}/status`, { status }),
    async post(partner, fixes) {
      return server.call('POST', '/location', { token: await server.token('DELIVERY_PARTNER', partner), body: fixes })
    },
    async metric(name) {
      const { text } = await server.call('GET', '/metrics', { token: await server.token('ADMIN', 'metrics') })
      let sum = 0
      for (const line of text.split('\n')) {
        if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.split(' ').at(-1))
      }
      return sum
    },
    async restart() {
      await running.close()
      running = await startServer(config)
    },
    stop: () => running.close(),
    async start() {
      running = await startServer(config)
    },
    async close() {
      await running.close()
      folder.remove()
    },
  }

  async function mustBe(status: number, method: string, path: string, body: unknown): Promise<void> {
    const answer = await server.call(method, path, { token: await server.token('INTERNAL_SERVICE', 'backend'), body })
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  }
  return server
}

/** Polls until `check` gives something, and gives it back. @throws when `withinMs` pass before */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 5_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await Bun.sleep(5)
  }
}
