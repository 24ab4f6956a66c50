import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys } from '../../src/auth/signing-keys.ts'
import { createVerifier } from '../../src/http/authenticate.ts'
import { tempFolder } from '../support/temp-folder.ts'

let folder: ReturnType<typeof tempFolder>
let path: string
beforeEach(() => {
  folder = tempFolder()
  path = folder.file('keys.json')
})
afterEach(() => folder.remove())

const write = (content: unknown, mode = 0o600) => {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode })
  chmodSync(path, mode)
}
const privateJwk = async (createdAtMs: number) => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), created_at_ms: createdAtMs }
}

test('a new file is its owner’s alone, whole, and the only thing left', async () => {
  const keys = await openSigningKeys(path, { create: true })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder.path)).toEqual(['keys.json'])
  const [jwk] = keys.jwks().keys
  expect(jwk && (await calculateJwkThumbprint(jwk))).toBe(keys.signer().kid)
})

test('what is published holds nothing secret, and the private key cannot be taken out', async () => {
  const keys = await openSigningKeys(path, { create: true })
  const { d } = JSON.parse(readFileSync(path, 'utf8')).keys[0]
  expect(JSON.stringify(keys.jwks())).not.toContain(d)
  expect(Object.keys(keys.jwks().keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  expect(keys.signer().key.extractable).toBe(false)
})

test('processes that start together share one key', async () => {
  const opened = await Promise.all(Array.from({ length: 5 }, () => openSigningKeys(path, { create: true })))
  expect(new Set(opened.map((keys) => keys.signer().kid)).size).toBe(1)
})

test('of several keys the newest signs and all verify', async () => {
  const [older, newest, oldest] = await Promise.all([privateJwk(2), privateJwk(3), privateJwk(1)])
  write({ keys: [older, newest, oldest] })
  const keys = await openSigningKeys(path, { create: false })
  expect(keys.signer().kid).toBe(await calculateJwkThumbprint(newest))
  expect(keys.jwks().keys).toHaveLength(3)

  write({ keys: [older] })
  const before = await openSigningKeys(path, { create: false })
  const grant = { sub: 'u', role: 'ADMIN' as const, ttlS: 60, issuer: 'i' }
  const token = await mintToken(before, grant, Date.now())
  expect(await createVerifier(keys, 'i')(token)).toMatchObject({ sub: 'u' })
})

test('an id in the file counts for nothing: two keys cannot share one', async () => {
  const [a, b] = await Promise.all([privateJwk(1), privateJwk(2)])
  write({
    keys: [
      { ...a, kid: 'same' },
      { ...b, kid: 'same' },
    ],
  })
  const keys = await openSigningKeys(path, { create: false })
  expect(new Set(keys.jwks().keys.map(({ kid }) => kid)).size).toBe(2)
  expect(keys.find('same')).toBeUndefined()
})

describe('refuses', () => {
  test('a missing file', async () => {
    await expect(openSigningKeys(path, { create: false })).rejects.toThrow(/no file of signing keys/)
  })

  for (const mode of [0o604, 0o644, 0o602]) {
    test(`a file of mode ${mode.toString(8)}, and says how to mend it`, async () => {
      write({ keys: [await privateJwk(1)] }, mode)
      await expect(openSigningKeys(path, { create: true })).rejects.toThrow(/chmod 600 .*keys\.json/)
    })
  }

  test('but not one that its group may read', async () => {
    write({ keys: [await privateJwk(1)] }, 0o440)
    expect((await openSigningKeys(path, { create: false })).jwks().keys).toHaveLength(1)
  })

  test('what is not JSON, without repeating it', async () => {
    write('{"keys":[{"d":"secret-part')
    const error = await openSigningKeys(path, { create: true }).catch((caught) => caught)
    expect(error.message).toMatch(/is not JSON/)
    expect(Bun.inspect(error)).not.toContain('secret-part')
  })

  test('no keys, public keys, other keys, and halves that do not belong together', async () => {
    const [a, b] = await Promise.all([privateJwk(1), privateJwk(2)])
    const { d: _, ...publicHalf } = a
    for (const keys of [
      [],
      {},
      [publicHalf],
      [null],
      [{ ...a, crv: 'P-384' }],
      [{ kty: 'oct', k: 'AAAA' }],
      [{ ...a, d: b.d }],
    ]) {
      write({ keys })
      await expect(openSigningKeys(path, { create: true })).rejects.toThrow()
    }
  })
})

test('a token of no or too long a life is not minted', async () => {
  const keys = await openSigningKeys(path, { create: true })
  for (const ttlS of [0, -1, 1.5, 86_401, Number.NaN]) {
    await expect(mintToken(keys, { sub: 'u', role: 'ADMIN', ttlS, issuer: 'i' }, Date.now())).rejects.toThrow(
      RangeError,
    )
  }
})
