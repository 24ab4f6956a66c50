import { afterEach, beforeEach, expect, test } from 'bun:test'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { exportJWK, generateKeyPair } from 'jose'
import { followSigningKeys } from '../../src/auth/follow-signing-keys.ts'
import { mintToken } from '../../src/auth/mint.ts'
import { createVerifier } from '../../src/http/authenticate.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

let folder: ReturnType<typeof tempFolder>
let keys: Awaited<ReturnType<typeof followSigningKeys>> | undefined
let failures: unknown[]
beforeEach(() => {
  folder = tempFolder()
  failures = []
})
afterEach(() => {
  keys?.close()
  folder.remove()
})

const path = () => folder.file('keys.json')
const privateJwk = async (createdAtMs: number) => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), created_at_ms: createdAtMs }
}
/** In one step: a file that is being written is one that cannot be read. */
const put = (text: string) => {
  writeFileSync(folder.file('draft'), text, { mode: 0o600 })
  renameSync(folder.file('draft'), path())
}
const write = (...jwks: unknown[]) => put(JSON.stringify({ keys: jwks }))
const open = () => followSigningKeys(path(), { create: true, onError: (error) => failures.push(error), lookMs: 10 })

test('a key that is added signs, and one that is taken out is refused, for a remembered token too', async () => {
  const [first, second] = await Promise.all([privateJwk(1), privateJwk(2)])
  write(first)
  keys = await open()
  const kid = keys.signer().kid
  const token = await mintToken(keys, { sub: 'u', role: 'ADMIN', ttlS: 60, issuer: 'i' }, Date.now())
  const verify = createVerifier(keys, 'i')
  expect(await verify(token)).toMatchObject({ sub: 'u' })

  write(first, second)
  await until(() => keys?.signer().kid !== kid)
  expect(keys.jwks().keys).toHaveLength(2)
  expect(await verify(token)).toMatchObject({ sub: 'u' })

  write(second)
  await until(() => keys?.find(kid) === undefined)
  await expect((async () => verify(token))()).rejects.toMatchObject({ code: 'token_invalid' })
})

test('a file that is gone or broken leaves the keys as they are, and is told of once', async () => {
  const [first, second] = await Promise.all([privateJwk(1), privateJwk(2)])
  write(first)
  keys = await open()
  const kid = keys.signer().kid
  rmSync(path())
  await until(() => failures.length === 1)
  put('{"keys":')
  await until(() => failures.length === 2)
  expect(keys.signer().kid).toBe(kid)
  write(second)
  await until(() => keys?.signer().kid !== kid)
  expect(failures).toHaveLength(2)
})
