/** An auth node in a process of its own, for tests that end or freeze it: `auth-child.ts NAME DATABASE LOG`. */

import { createOrder } from '../../src/auth/create-order.ts'
import { forgetOrder } from '../../src/auth/forget-order.ts'
import { moveOrder } from '../../src/auth/move-order.ts'
import { openAuth } from '../../src/auth/open-auth.ts'
import type { SigningKeys } from '../../src/auth/signing-keys.ts'
import type { Claims } from '../../src/domain/audience.ts'
import type { Log } from '../../src/ports/log.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { recordedLogAt } from './recorded-log.ts'

const [name = '', databaseUrl = '', logUrl = ''] = process.argv.slice(2)
const BACKEND: Claims = { sub: 'backend', role: 'INTERNAL_SERVICE', exp: 0 }
const store = await openDatabase(databaseUrl)
let admins = 0
const { relay } = await openAuth({
  store,
  log: recordedLogAt(logUrl, name) as Log,
  keys: {} as SigningKeys,
  issuer: 'test',
  shared: true,
  onFirstAdmin: () => {
    admins += 1
  },
  onError: () => {},
})

const deps = { store, now: Date.now }
const does: Record<string, (id: string) => Promise<number>> = {
  create: async (id) => (await createOrder(deps, BACKEND, { id, customer_id: 'c1' }, undefined)).rev,
  end: async (id) => (await moveOrder(deps, BACKEND, id, 'cancelled', undefined)).rev,
  forget: (id) => forgetOrder(deps, BACKEND, id),
}
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    const [, what = '', id = ''] = new URL(request.url).pathname.split('/')
    if (what === 'admins') return Response.json({ admins })
    try {
      const rev = (await does[what]?.(id)) ?? 0
      relay.kick()
      return Response.json({ rev, published: await relay.published(id, rev) })
    } catch (error) {
      return Response.json({ code: (error as { code?: string }).code ?? String(error) }, { status: 409 })
    }
  },
})
process.on('SIGTERM', async () => {
  await relay.close()
  process.exit(0)
})
process.stdout.write(`${server.url.origin}\n`)
