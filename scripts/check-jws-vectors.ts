/**
 * Runs a file of JWS test vectors (C2SP Wycheproof, `json_web_signature_test.json`) against the form check and the
 * library that the verifier of access tokens is made of, and against that verifier itself.
 *
 * Usage: bun scripts/check-jws-vectors.ts FILE
 * Exits with 1 when an invalid vector was accepted that is not known to be a fault of the file.
 */

import { readFile } from 'node:fs/promises'
import { compactVerify, importJWK, type JWK } from 'jose'
import { createVerifier, isCompactJws } from '../src/http/authenticate'

/** Marked invalid, though their text is the very one of a vector that is marked valid. */
const FAULTS_OF_THE_FILE = new Set(['invalidBase64Padding', 'invalidBase64PaddingInPayload'])

interface Vector {
  tcId: number
  comment: string
  jws: string
  result: 'valid' | 'invalid'
}

interface VectorGroup {
  public?: JWK
  private?: JWK
  tests: Vector[]
}

/** What became of the vectors. */
export interface VectorReport {
  vectors: number
  invalidAccepted: Vector[]
  validRefused: Vector[]
  /** Accepted as an access token, which none of them is. */
  tokens: Vector[]
}

/** Checks every vector of the file's `testGroups`. */
export async function checkVectors(groups: readonly VectorGroup[]): Promise<VectorReport> {
  const report: VectorReport = { vectors: 0, invalidAccepted: [], validRefused: [], tokens: [] }
  for (const group of groups) {
    const jwk = group.public ?? group.private ?? {}
    const key = await importJWK(jwk, jwk.alg ?? 'ES256').catch(() => undefined)
    const verifyToken = createVerifier({ find: () => key as CryptoKey | undefined }, 'issuer')
    for (const vector of group.tests) {
      report.vectors += 1
      const accepted = isCompactJws(vector.jws) && (await isSigned(vector.jws, jwk, key))
      if (accepted && vector.result === 'invalid') report.invalidAccepted.push(vector)
      if (!accepted && vector.result === 'valid') report.validRefused.push(vector)
      if (await succeeds(async () => verifyToken(vector.jws))) report.tokens.push(vector)
    }
  }
  return report
}

/** As the verifier does it: the algorithm is the key's to say, never the token's. */
async function isSigned(jws: string, jwk: JWK, key: CryptoKey | Uint8Array | undefined): Promise<boolean> {
  if (key === undefined || jwk.alg === undefined || (jwk.use !== undefined && jwk.use !== 'sig')) return false
  const algorithms = [jwk.alg]
  return succeeds(() => compactVerify(jws, key, { algorithms }))
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    return false
  }
}

if (import.meta.main) {
  const path = process.argv[2]
  if (path === undefined) {
    console.error('usage: bun scripts/check-jws-vectors.ts FILE')
    process.exit(2)
  }
  const report = await checkVectors(
    (JSON.parse(await readFile(path, 'utf8')) as { testGroups: VectorGroup[] }).testGroups,
  )
  const list = (vectors: Vector[]) => vectors.map(({ tcId, comment }) => `\n  ${tcId} ${comment}`).join('')
  const bad = report.invalidAccepted.filter(({ comment }) => !FAULTS_OF_THE_FILE.has(comment))
  console.log(`vectors: ${report.vectors}`)
  console.log(`invalid ones accepted: ${report.invalidAccepted.length}${list(report.invalidAccepted)}`)
  console.log(`of these, not known as faults of the file: ${bad.length}`)
  console.log(`valid ones refused: ${report.validRefused.length}${list(report.validRefused)}`)
  console.log(`accepted as access tokens: ${report.tokens.length}${list(report.tokens)}`)
  process.exit(bad.length > 0 || report.tokens.length > 0 ? 1 : 0)
}
