/** The role auth: accounts, orders and the relay. It needs the database and the log, and neither tables nor Redis. */

import type { Context } from 'hono'
import { openAuth } from '../auth/open-auth'
import { isDistributed } from '../config'
import type { Env } from '../http/app'
import { createClientAddress } from '../http/client-address'
import { openDatabase } from '../store/sql'
import type { Keys } from './keys'
import { logCheck } from './log-check'
import type { Part, PartContext } from './part'

export async function openPart(context: PartContext, { signing: keys }: Keys): Promise<Part> {
  if (keys === undefined) throw new Error('the role auth signs tokens, and there is nothing to sign with')
  const { adapters, config, folder, hooks, onError } = context
  const store = await openDatabase(config.database ?? folder.file('zlt.db'), { caFile: config.databaseCa })
  try {
    const { issuer, tokenTtlMs, adminPassword, bodyLimitBytes: maxBodyBytes } = config
    const clientAddress = createClientAddress(config.trustedProxies)
    const auth = await openAuth({
      store,
      log: adapters.log,
      keys,
      shared: isDistributed(config),
      issuer,
      tokenTtlMs,
      adminPassword,
      onFirstAdmin: hooks.onFirstAdmin,
      maxBodyBytes,
      addressOf: (c: Context<Env>) => clientAddress(c.req.raw, c.env.server.requestIP(c.req.raw)?.address ?? ''),
      onError,
    })
    return {
      handlers: auth.handlers,
      checks: [
        // Writes are stored, and published once it is back.
        logCheck(adapters.log, 'degraded'),
        {
          name: 'the database',
          // With other roles in the process, viewers are served and fixes taken without it.
          silence: config.role === 'auth' ? 'unready' : 'degraded',
          async run() {
            await store.read((tx) => tx`SELECT 1`)
            return []
          },
        },
      ],
      async close() {
        await auth.close()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
