/** The keys that sign access tokens: ES256, private JWKs in one file that all auth processes share. */

import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { KeyRing } from '../http/authenticate'

/** A key as the outside may have it. */
export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }

export interface SigningKeys extends KeyRing {
  /** The JWK Set to publish (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] }
  /** The public key with this id. */
  find(kid: string): CryptoKey | undefined
  /** The newest key, which signs. */
  signer(): { kid: string; key: CryptoKey }
}

/**
 * Opens the file of keys. Of several, the one with the greatest `created_at_ms` signs; all verify.
 * Each key's id is its thumbprint (RFC 7638), whatever the file says, so that no two can share one.
 * @param options.create make a file with one new key when there is none
 * @throws Error when the file is missing, can be read by every user of the machine, or holds what is no such key
 */
export async function openSigningKeys(path: string, { create }: { create: boolean }): Promise<SigningKeys> {
  let text = await readKeyFile(path)
  if (text === undefined && create) {
    await createKeyFile(path)
    text = await readKeyFile(path)
  }
  if (text === undefined) throw new Error(`there is no file of signing keys at ${path}`)
  const keys = await Promise.all(parseKeyFile(text, path).map((jwk) => importPair(jwk, path)))
  const newest = keys.reduce((a, b) => (b.createdAtMs >= a.createdAtMs ? b : a))
  const byKid = new Map(keys.map((key) => [key.jwk.kid, key]))
  return {
    jwks: () => ({ keys: keys.map(({ jwk }) => ({ ...jwk })) }),
    find: (kid) => byKid.get(kid)?.publicKey,
    signer: () => ({ kid: newest.jwk.kid, key: newest.privateKey }),
  }
}

interface KeyPair {
  jwk: PublicJwk
  publicKey: CryptoKey
  privateKey: CryptoKey
  createdAtMs: number
}

async function readKeyFile(path: string): Promise<string | undefined> {
  let mode: number
  try {
    mode = (await stat(path)).mode
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  // The group may: that is how orchestrators mount a secret for a process that is not root.
  if (process.platform !== 'win32' && (mode & 0o007) !== 0) {
    throw new Error(`every user of this machine can get at the signing keys: chmod 600 ${path}`)
  }
  return readFile(path, 'utf8')
}

/** Writes the file beside its place and links it there: whole or not at all, and never over one that another made. */
async function createKeyFile(path: string): Promise<void> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await exportJWK(pair.privateKey)
  const key = { kty, crv, x, y, d, alg: 'ES256', use: 'sig', created_at_ms: Date.now() }
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ keys: [key] }, null, 2)}\n`)
    await file.sync()
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}

type PrivateJwk = JWK & { created_at_ms?: unknown }

function parseKeyFile(text: string, path: string): PrivateJwk[] {
  let keys: unknown
  try {
    keys = (JSON.parse(text) as { keys?: unknown } | null)?.keys
  } catch (cause) {
    // The parser's message would quote the text, which is secret.
    throw new Error(`the file of signing keys at ${path} is not JSON`, { cause: (cause as Error).name })
  }
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`there are no keys in ${path}`)
  return keys as PrivateJwk[]
}

async function importPair(jwk: PrivateJwk, path: string): Promise<KeyPair> {
  const { kty, crv, x, y, d } = jwk ?? {}
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string' || typeof d !== 'string') {
    throw new Error(`a key in ${path} is not a private P-256 JWK`)
  }
  const kid = await calculateJwkThumbprint({ kty, crv, x, y })
  let publicKey: CryptoKey
  let privateKey: CryptoKey
  try {
    // Halves that do not belong together are refused here too.
    publicKey = (await importJWK({ kty, crv, x, y }, 'ES256')) as CryptoKey
    privateKey = (await importJWK({ kty, crv, x, y, d }, 'ES256')) as CryptoKey
  } catch (cause) {
    throw new Error(`the key ${kid} in ${path} cannot be used`, { cause })
  }
  const createdAtMs = typeof jwk.created_at_ms === 'number' ? jwk.created_at_ms : 0
  return { jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }, publicKey, privateKey, createdAtMs }
}
