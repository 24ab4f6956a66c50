/** The routes of users: ADMIN's, and only with a token that is not narrowed to orders. */

import type { Context } from 'hono'
import { isId } from '../domain/id'
import type { Env, Handlers } from '../http/app'
import { findUser, listUsers } from '../store/accounts'
import { formatCursor } from '../store/cursor'
import { changeUser, userNotFound } from './change-user'
import { createUser } from './create-user'
import type { AuthDeps } from './deps'
import { parsePage } from './paging'
import { readBody } from './read-body'
import { unnarrowed } from './unnarrowed'

/** Makes the handlers of `/users`. */
export function userHandlers(deps: AuthDeps): Pick<Handlers, 'createUser' | 'listUsers' | 'getUser' | 'patchUser'> {
  return {
    createUser: unnarrowed(async (c) => {
      const input = await readBody(c, 'UserInput', deps.maxBodyBytes)
      return c.json(await createUser(deps, input), 201)
    }),
    listUsers: unnarrowed(async (c) => {
      const { limit, after } = parsePage(c.req.query('limit'), c.req.query('cursor'))
      const users = await deps.store.read((tx) => listUsers(tx, limit + 1, after))
      const items = users.slice(0, limit)
      const last = users.length > limit ? items.at(-1) : undefined
      return c.json({ items, ...(last && { next_cursor: formatCursor(last) }) })
    }),
    getUser: unnarrowed(async (c) => {
      const id = userId(c)
      const account = await deps.store.read((tx) => findUser(tx, id))
      if (account === undefined) throw userNotFound()
      const { passwordHash: _, ...user } = account
      return c.json(user)
    }),
    patchUser: unnarrowed(async (c) => {
      const id = userId(c)
      const patch = await readBody(c, 'UserPatch', deps.maxBodyBytes)
      return c.json(await changeUser(deps, id, patch))
    }),
  }
}

function userId(c: Context<Env>): string {
  const id = c.req.param('id')
  if (!isId(id)) throw userNotFound()
  return id
}
