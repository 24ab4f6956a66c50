import { describe, expect, test } from 'bun:test'
import { createClientAddress } from '../../src/http/client-address'

const from = (forwarded?: string) =>
  new Request('http://zlt.test/', forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } })

describe('client address', () => {
  test('is the peer when no proxy is trusted, whatever the header says', () => {
    expect(createClientAddress([])(from('6.6.6.6'), '10.0.0.1')).toBe('10.0.0.1')
  })
  test('is what the nearest untrusted hop is, read from the right', () => {
    const find = createClientAddress(['10.0.0.0/8', 'fd00::/8'])
    expect(find(from('6.6.6.6, 203.0.113.9, 10.2.0.1'), '10.0.0.1')).toBe('203.0.113.9')
    expect(find(from('203.0.113.9'), 'fd00::1')).toBe('203.0.113.9')
  })
  test('believes no header of a peer that is not trusted', () => {
    expect(createClientAddress(['10.0.0.0/8'])(from('6.6.6.6'), '203.0.113.9')).toBe('203.0.113.9')
  })
  test('stops at a hop that is no address', () => {
    expect(createClientAddress(['10.0.0.0/8'])(from('unknown'), '10.0.0.1')).toBe('10.0.0.1')
  })
})
