/** The whole control plane on a folder of its own, called as by HTTP with real tokens. */

import type { Hono } from 'hono'
import { mintToken } from '../../src/auth/mint.ts'
import { type Auth, openAuth } from '../../src/auth/open-auth.ts'
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts'
import type { Role } from '../../src/domain/audience.ts'
import type { Order } from '../../src/domain/order.ts'
import { buildApp, type Env } from '../../src/http/app.ts'
import { createAuthenticate, createVerifier } from '../../src/http/authenticate.ts'
import type { Database } from '../../src/store/database.ts'
import { SQLITE, type TestDatabase } from './databases.ts'
import { tempFolder } from './temp-folder.ts'
import { openTestLog, type TestLog } from './test-log.ts'

export const ISSUER = 'zlt-test'
export const ADMIN_PASSWORD = 'correct horse'

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  body: any
}

export interface CallOptions {
  token?: string
  headers?: Record<string, string>
  /** The client's address. */
  address?: string
}

export interface AuthServer {
  auth: Auth
  app: Hono<Env>
  store: Database
  testLog: TestLog
  keys: SigningKeys
  /** Add to it to let time pass. */
  clock: { offsetMs: number; now(): number }
  /** What went to `onError`. */
  failures: unknown[]
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  token(role: Role, sub: string, orders?: string[]): Promise<string>
  /** What the topic says of an order. */
  fact(id: string): Promise<Order | undefined>
  close(): Promise<void>
}

export async function startAuthServer(kind: TestDatabase = SQLITE): Promise<AuthServer> {
  const folder = tempFolder()
  const testLog = openTestLog(folder.file('log.db'))
  const { database: store, close: closeStore } = await kind.open()
  const keys = await openSigningKeys(folder.file('keys.json'), { create: true })
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs }
  const failures: unknown[] = []
  const onError = (error: unknown) => failures.push(error)
  const auth = await openAuth({
    store,
    log: testLog.log,
    keys,
    issuer: ISSUER,
    adminPassword: ADMIN_PASSWORD,
    now: clock.now,
    onError,
  })
  const app = buildApp(auth.handlers, createAuthenticate(createVerifier(keys, ISSUER, clock.now)), { onError })

  return {
    auth,
    app,
    store,
    testLog,
    keys,
    clock,
    failures,
    async call(method, path, body, { token, headers = {}, address = '192.0.2.1' } = {}) {
      const init: RequestInit = { method, headers: { ...headers } }
      const sent = init.headers as Record<string, string>
      if (token !== undefined) sent.authorization = `Bearer ${token}`
      if (body !== undefined) {
        sent['content-type'] ??= 'application/json'
        init.body = typeof body === 'string' ? body : JSON.stringify(body)
      }
      const server = { requestIP: () => ({ address, family: 'IPv4', port: 1 }) } as unknown as Env['Bindings']['server']
      const response = await app.request(path, init, { server })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    token: (role, sub, orders) =>
      mintToken(keys, { role, sub, ttlS: 900, issuer: ISSUER, ...(orders && { orders }) }, clock.now()),
    async fact(id) {
      const value = (await testLog.facts('delivery.order.v1')).get(id)
      return value === undefined ? undefined : (JSON.parse(value) as Order)
    },
    async close() {
      await auth.close()
      await testLog.close()
      await closeStore()
      folder.remove()
    },
  }
}
