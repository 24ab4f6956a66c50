import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts'
import { UnreachableError } from '../../src/errors.ts'
import { createVerifier } from '../../src/http/authenticate.ts'
import { openRemoteKeys, type RemoteKeys, type RemoteKeysOptions } from '../../src/http/remote-keys.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000
const GRANT = { sub: 'u', role: 'ADMIN', ttlS: 60, issuer: 'i' } as const

let folder: ReturnType<typeof tempFolder>
let old: SigningKeys
let fresh: SigningKeys
let server: Bun.Server<undefined>
/** What the auth node answers, and how often it was asked. */
let answer: () => Response | Promise<Response>
let asked: number
let failures: unknown[]
let opened: RemoteKeys[]

const setOf = (...rings: SigningKeys[]) => Response.json({ keys: rings.flatMap((ring) => ring.jwks().keys) })
const kidOf = (ring: SigningKeys) => ring.signer().kid
const path = () => folder.file('jwks.json')

async function open(options: Partial<RemoteKeysOptions> = {}): Promise<RemoteKeys> {
  const onError = (error: unknown) => failures.push(error)
  const authUrl = server.url.origin
  const keys = await openRemoteKeys({
    authUrl,
    path: path(),
    onError,
    pollMs: 20,
    seekMs: 0,
    firstWaitMs: 1,
    ...options,
  })
  opened.push(keys)
  return keys
}

beforeEach(async () => {
  folder = tempFolder()
  old = await openSigningKeys(folder.file('old.json'), { create: true })
  fresh = await openSigningKeys(folder.file('fresh.json'), { create: true })
  answer = () => setOf(old)
  asked = 0
  failures = []
  opened = []
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      asked += 1
      return new URL(request.url).pathname === '/.well-known/jwks.json' ? answer() : new Response('', { status: 404 })
    },
  })
})
afterEach(async () => {
  for (const keys of opened) keys.close()
  await server.stop(true)
  folder.remove()
})

describe('keys of an auth node', () => {
  test('verify its tokens', async () => {
    const verify = createVerifier(await open({ pollMs: HOUR_MS }), 'i')
    expect(await verify(await mintToken(old, GRANT, Date.now()))).toMatchObject({ sub: 'u' })
    expect(asked).toBe(1)
  })

  test('a key that is no longer published is refused after the next poll, for a remembered token too', async () => {
    answer = () => setOf(old, fresh)
    const keys = await open({ seekMs: HOUR_MS })
    const verify = createVerifier(keys, 'i')
    const token = await mintToken(old, GRANT, Date.now())
    expect(await verify(token)).toMatchObject({ sub: 'u' })
    answer = () => setOf(fresh)
    await until(() => keys.find(kidOf(old)) === undefined)
    await expect((async () => verify(token))()).rejects.toMatchObject({ code: 'token_invalid' })
  })

  test('a key that is new is looked for, once for all who come meanwhile', async () => {
    const keys = await open({ pollMs: HOUR_MS })
    const gate = Promise.withResolvers<void>()
    answer = async () => {
      await gate.promise
      return setOf(old, fresh)
    }
    const verify = createVerifier(keys, 'i')
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => mintToken(fresh, { ...GRANT, sub }, Date.now())))
    const verified = Promise.all(tokens.map((token) => verify(token)))
    await until(() => asked === 2)
    gate.resolve()
    expect((await verified).map(({ sub }) => sub)).toEqual(['a', 'b', 'c'])
    expect(asked).toBe(2)
  })

  test('tokens of unknown keys have it asked no more than every 5 s', async () => {
    const keys = await open({ pollMs: HOUR_MS, seekMs: 5_000 })
    for (let n = 0; n < 50; n++) expect(await keys.seek?.(`unknown-${n}`)).toBeUndefined()
    expect(asked).toBe(1)
  })

  test('are good for 24 h without it, and no longer', async () => {
    let nowMs = Date.now()
    const keys = await open({ now: () => nowMs })
    answer = () => new Response('', { status: 503 })
    await until(() => failures.length > 0)
    expect(keys.findings()).toEqual([])
    nowMs += 24 * HOUR_MS - 1_000
    expect(keys.find(kidOf(old))).toBeDefined()
    expect(keys.findings()).toMatchObject([
      { status: 'degraded', reason: expect.stringMatching(/has not answered for \d+ s \(ZLT_AUTH_URL\)/) },
    ])
    nowMs += 2_000
    expect(keys.find(kidOf(old))).toBeUndefined()
    expect(keys.findings()).toMatchObject([{ status: 'unready' }])
    const token = await mintToken(old, GRANT, nowMs)
    await expect((async () => createVerifier(keys, 'i', () => nowMs)(token))()).rejects.toMatchObject({
      code: 'not_ready',
    })

    answer = () => setOf(old)
    await until(() => keys.find(kidOf(old)) !== undefined)
    expect(keys.findings()).toEqual([])
  })
})

describe('the kept set', () => {
  test('is its owner’s alone, and lets a node start without the auth node', async () => {
    await open()
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    answer = () => new Response('', { status: 502 })
    expect((await open()).find(kidOf(old))).toBeDefined()
    expect(failures.map(String)).toContain('Error: it answered 502')
  })

  test('is of no use when it is too old, of another auth node, or not what was kept', async () => {
    await open()
    const kept = JSON.parse(readFileSync(path(), 'utf8'))
    answer = () => new Response('', { status: 502 })
    for (const bad of [
      { ...kept, fetched_at_ms: Date.now() - 25 * HOUR_MS },
      { ...kept, auth_url: 'https://elsewhere.example' },
      { ...kept, keys: [{ ...kept.keys[0], kid: kidOf(fresh) }] },
      [],
      null,
    ]) {
      writeFileSync(path(), JSON.stringify(bad))
      await expect(open()).rejects.toBeInstanceOf(UnreachableError)
    }
  })

  test('that cannot be written is told of, and nothing else', async () => {
    const keys = await open({ path: folder.file('no/such/folder') })
    expect(keys.find(kidOf(old))).toBeDefined()
    await until(() => failures.length > 0)
    expect(existsSync(folder.file('no'))).toBe(false)
  })
})

test('a start without any keys waits for the auth node, then refuses and names the setting', async () => {
  answer = () => (asked < 3 ? new Response('', { status: 503 }) : setOf(old))
  expect((await open({ firstWaitMs: 5_000 })).find(kidOf(old))).toBeDefined()

  await server.stop(true)
  const refused = open({ path: folder.file('other.json') })
  await expect(refused).rejects.toThrow(
    /^no keys from http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json: .*ZLT_AUTH_URL$/,
  )
})

describe('an answer is refused, and what is known stays', () => {
  const p384 = async () => exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey)
  const secret = async () => exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)
  const good = () => old.jwks().keys[0] as unknown as Record<string, unknown>
  const bad: Record<string, () => Promise<Response> | Response> = {
    'not JSON': () => new Response('{'),
    'no set': () => Response.json({ keys: 'none' }),
    null: () => Response.json(null),
    'an empty set': () => Response.json({ keys: [] }),
    'only keys of other kinds': async () =>
      Response.json({ keys: [await p384(), { kty: 'OKP', crv: 'Ed25519', x: 'A' }] }),
    'a secret key': async () => {
      const jwk = await secret()
      return Response.json({ keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] })
    },
    'another id': () => Response.json({ keys: [{ ...good(), kid: 'mine' }] }),
    'no id': () => Response.json({ keys: [{ ...good(), kid: undefined }] }),
    'a key for encryption': () => Response.json({ keys: [{ ...good(), use: 'enc' }] }),
    'a point that is none': () => Response.json({ keys: [{ ...good(), x: '*' }] }),
    'too many keys': () => Response.json({ keys: Array.from({ length: 33 }, good) }),
    'too long': () => new Response(`{"keys":[]${' '.repeat(70_000)}}`),
    'a redirect': () => Response.redirect('http://127.0.0.1:1/'),
    'another status': () => new Response(JSON.stringify(old.jwks()), { status: 203 }),
  }
  for (const [name, respond] of Object.entries(bad)) {
    test(name, async () => {
      const keys = await open({ pollMs: HOUR_MS })
      answer = respond
      expect(await keys.seek?.(kidOf(fresh))).toBeUndefined()
      expect(asked).toBe(2)
      expect(keys.find(kidOf(old))).toBeDefined()
      const again = open({ path: folder.file('empty.json') })
      await expect(again).rejects.toBeInstanceOf(UnreachableError)
    })
  }

  test('but keys of other kinds beside ours are passed over', async () => {
    answer = async () => Response.json({ keys: [await p384(), { kty: 'OKP' }, ...old.jwks().keys] })
    expect((await open()).find(kidOf(old))).toBeDefined()
  })
})
