import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { CompactSign, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { type AuthServer, ISSUER, startAuthServer } from '../support/auth-server.ts'

let server: AuthServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const nowS = () => Math.floor(Date.now() / 1000)
const goodClaims = () => ({ iss: ISSUER, aud: 'zlt', sub: 'u1', role: 'ADMIN', iat: nowS(), exp: nowS() + 600 })
const goodHeader = () => ({ alg: 'ES256', typ: 'at+jwt', kid: server.keys.signer().kid })

/** Signs with our own key whatever it is told to: what is wrong with the token is all that is wrong. */
async function sign(claims: object | string, header: object = goodHeader()): Promise<string> {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader(header as { alg: string })
    .sign(server.keys.signer().key)
}
const ask = (token: string) => server.call('GET', '/auth/me', undefined, { token })
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function expectRefused(token: string, code = 'token_invalid'): Promise<void> {
  const answer = await ask(token)
  expect({ token, status: answer.status, code: answer.body.code }).toEqual({ token, status: 401, code })
  expect(answer.headers.get('www-authenticate')).toContain('Bearer')
}

test('a token in order is accepted', async () => {
  const answer = await ask(await sign(goodClaims()))
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({ sub: 'u1', role: 'ADMIN', expires_at_ms: expect.any(Number) })
})

describe('the form', () => {
  test('blanks, breaks and padding anywhere', async () => {
    const token = await sign(goodClaims())
    const [header = '', payload = '', signature = ''] = token.split('.')
    for (const blank of ['\t', '=', '%20', '+', '/']) {
      await expectRefused(`${header}${blank}.${payload}.${signature}`)
      await expectRefused(`${header}.${payload.slice(0, 5)}${blank}${payload.slice(5)}.${signature}`)
      await expectRefused(`${header}.${payload}.${signature.slice(0, 9)}${blank}${signature.slice(9)}`)
    }
    await expectRefused(`${header.slice(0, 4)} ${header.slice(4)}.${payload}.${signature}`)
  })

  test('loose bits in a last character: several texts would be one token', async () => {
    const token = await sign(goodClaims())
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // 64 bytes of signature leave 4 loose bits in the last of 86 characters.
    const last = alphabet.indexOf(token.at(-1) ?? '')
    for (let loose = 1; loose < 16; loose++) await expectRefused(token.slice(0, -1) + alphabet[last + loose])
  })

  test('parts too many, too few, empty', async () => {
    const token = await sign(goodClaims())
    const [header, payload, signature] = token.split('.')
    for (const text of [
      `${token}.`,
      `.${token}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      '..',
      'x',
    ]) {
      await expectRefused(text)
    }
  })

  test('a token of megabytes', async () => {
    await expectRefused(await sign({ ...goodClaims(), more: 'x'.repeat(10_000) }))
  })

  test('another scheme, or none', async () => {
    const token = await sign(goodClaims())
    for (const authorization of ['Bearer', 'Bearer ', `Basic ${token}`, token, `Bearer${token}`]) {
      const answer = await server.call('GET', '/auth/me', undefined, { headers: { authorization } })
      expect(answer.status).toBe(401)
    }
    const lower = await server.call('GET', '/auth/me', undefined, { headers: { authorization: `bearer ${token}` } })
    expect(lower.status).toBe(200)
  })
})

describe('the header', () => {
  test('alg none and algorithms of other keys', async () => {
    const { kid } = goodHeader()
    for (const alg of ['none', 'None', 'HS256', 'RS256', 'ES384', '']) {
      await expectRefused(`${encode({ alg, typ: 'at+jwt', kid })}.${encode(goodClaims())}.`)
      await expectRefused(`${encode({ alg, typ: 'at+jwt', kid })}.${encode(goodClaims())}.${'A'.repeat(86)}`)
    }
    // The public key as the secret of an HMAC, which a verifier that trusts the header would accept.
    const [jwk] = server.keys.jwks().keys
    const secret = new TextEncoder().encode(JSON.stringify(jwk))
    await expectRefused(
      await new SignJWT(goodClaims() as JWTPayload).setProtectedHeader({ ...goodHeader(), alg: 'HS256' }).sign(secret),
    )
  })

  test('a missing, other or wrongly typed kid or typ', async () => {
    const { kid: _k, ...noKid } = goodHeader()
    const { typ: _t, ...noTyp } = goodHeader()
    const wrong = [noKid, noTyp, ...[1, '', null, 'other'].map((kid) => ({ ...goodHeader(), kid }))]
    for (const typ of ['JWT', 'AT+JWT ', 1, 'application/at+jwt']) wrong.push({ ...goodHeader(), typ } as never)
    for (const header of wrong) {
      const parts = `${encode(header)}.${encode(goodClaims())}`
      const key = server.keys.signer().key
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(parts))
      await expectRefused(`${parts}.${Buffer.from(signature).toString('base64url')}`)
    }
  })

  test('a key brought along, and another’s key under our id', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    for (const header of [
      goodHeader(),
      { ...goodHeader(), jwk },
      { ...goodHeader(), jku: 'https://example.org/jwks' },
    ]) {
      await expectRefused(
        await new SignJWT(goodClaims() as JWTPayload).setProtectedHeader(header as never).sign(privateKey),
      )
    }
  })

  test('critical extensions that nobody here knows', async () => {
    const parts = `${encode({ ...goodHeader(), crit: ['exp'], exp: 1 })}.${encode(goodClaims())}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      server.keys.signer().key,
      Buffer.from(parts),
    )
    await expectRefused(`${parts}.${Buffer.from(signature).toString('base64url')}`)
  })
})

describe('the signature', () => {
  test('of another payload, of zeros, with any bit changed', async () => {
    const token = await sign(goodClaims())
    const [header, payload, signature = ''] = token.split('.')
    await expectRefused(`${header}.${encode({ ...goodClaims(), sub: 'other' })}.${signature}`)
    await expectRefused(`${header}.${payload}.${'A'.repeat(86)}`)
    const bytes = Buffer.from(signature, 'base64url')
    for (let i = 0; i < bytes.length; i += 7) {
      const changed = Buffer.from(bytes)
      changed[i] = (changed[i] ?? 0) ^ 1
      await expectRefused(`${header}.${payload}.${changed.toString('base64url')}`)
    }
    await expectRefused(`${header}.${payload}.${bytes.subarray(0, 63).toString('base64url')}`)
  })
})

describe('the claims', () => {
  const cases: Record<string, (claims: ReturnType<typeof goodClaims>) => object | string> = {
    'another issuer': (c) => ({ ...c, iss: 'other' }),
    'another audience': (c) => ({ ...c, aud: 'other' }),
    'a list of audiences': (c) => ({ ...c, aud: ['zlt'] }),
    'no subject': ({ sub: _, ...c }) => c,
    'a subject that is no id': (c) => ({ ...c, sub: 'a b' }),
    'an unknown role': (c) => ({ ...c, role: 'ROOT' }),
    'a role of another case': (c) => ({ ...c, role: 'admin' }),
    'no end': ({ exp: _, ...c }) => c,
    'an end as text': (c) => ({ ...c, exp: String(c.exp) }),
    'a fractional end': (c) => ({ ...c, exp: c.exp + 0.5 }),
    'an absurd end': (c) => JSON.stringify(c).replace(/"exp":\d+/, '"exp":1e300'),
    'a life of more than a day': (c) => ({ ...c, exp: c.iat + 86_401 }),
    'no time of issue': ({ iat: _, ...c }) => c,
    'a future time of issue': (c) => ({ ...c, iat: c.iat + 120 }),
    'not yet valid': (c) => ({ ...c, nbf: c.iat + 120 }),
    'an absurd start': (c) => ({ ...c, nbf: 'now' }),
    'a session that is no id': (c) => ({ ...c, sid: {} }),
    'no orders in its list': (c) => ({ ...c, orders: [] }),
    'orders that are no ids': (c) => ({ ...c, orders: ['a', 5] }),
    'orders that are no list': (c) => ({ ...c, orders: 'o1' }),
    'too many orders': (c) => ({ ...c, orders: Array.from({ length: 65 }, (_, n) => `o${n}`) }),
    'a list of claims': (c) => [c],
    'no object': () => 'null',
    'no JSON': () => '{"iss"',
  }
  for (const [name, claimsOf] of Object.entries(cases)) {
    test(name, async () => expectRefused(await sign(claimsOf(goodClaims()))))
  }

  test('what has ended says so, and a remembered token ends too', async () => {
    await expectRefused(await sign({ ...goodClaims(), iat: nowS() - 700, exp: nowS() - 1 }), 'token_expired')
    const token = await sign({ ...goodClaims(), exp: nowS() + 5 })
    expect((await ask(token)).status).toBe(200)
    server.clock.offsetMs = 6_000
    await expectRefused(token, 'token_expired')
    server.clock.offsetMs = 0
  })
})
