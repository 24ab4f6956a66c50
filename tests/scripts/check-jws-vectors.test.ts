import { expect, test } from 'bun:test'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { checkVectors } from '../../scripts/check-jws-vectors.ts'

test('tells what was wrongly accepted and wrongly refused', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jws = await new CompactSign(Buffer.from('Test')).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
  const [header, payload, signature] = jws.split('.')
  const vector = (tcId: number, text: string, result: 'valid' | 'invalid') => ({
    tcId,
    comment: 'c',
    jws: text,
    result,
  })
  const tests = [
    vector(1, jws, 'valid'),
    vector(2, jws, 'invalid'),
    vector(3, `${header}.${payload}. ${signature}`, 'invalid'),
    vector(4, `${header} .${payload}.${signature}`, 'valid'),
    vector(5, `${header}.${payload}.`, 'invalid'),
  ]
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256' }
  const report = await checkVectors([
    { public: jwk, tests },
    { public: { ...jwk, use: 'enc' }, tests: [vector(6, jws, 'invalid')] },
  ])
  expect(report.vectors).toBe(6)
  expect(report.invalidAccepted.map(({ tcId }) => tcId)).toEqual([2])
  expect(report.validRefused.map(({ tcId }) => tcId)).toEqual([4])
  expect(report.tokens).toEqual([])
})
