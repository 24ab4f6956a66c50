import { describe, expect, test } from 'bun:test'
import { authorizationOf, parseTrackLink, socketOf, trackPathOf } from '../../../web/client/credential.ts'

describe('parseTrackLink', () => {
  test('reads a token’s link', () => {
    const link = parseTrackLink('/t/order:1', '#t=aaa.bbb.ccc')
    expect(link).toEqual({ kind: 'token', orderId: 'order:1', token: 'aaa.bbb.ccc' })
    if (!link) throw new Error('no link')
    expect(trackPathOf(link)).toBe('/orders/order%3A1/track')
    expect(authorizationOf(link)).toBe('Bearer aaa.bbb.ccc')
    expect(socketOf(link)).toEqual({
      path: '/ws?order_id=order%3A1',
      protocols: ['zlt.v1', 'zlt.bearer.aaa.bbb.ccc'],
    })
  })

  test('reads a share’s link', () => {
    const link = parseTrackLink('/t/sh1/', '#s=se-cret_1')
    expect(link).toEqual({ kind: 'share', shareId: 'sh1', secret: 'se-cret_1' })
    if (!link) throw new Error('no link')
    expect(authorizationOf(link)).toBe('Share sh1.se-cret_1')
    expect(socketOf(link)).toEqual({ path: '/ws', protocols: ['zlt.v1', 'zlt.share.sh1.se-cret_1'] })
  })

  test.each([
    ['/t/order1', ''],
    ['/t/order1', '#t='],
    ['/t/order1', '#t=a b'],
    ['/t/order1', '#s=a,b'],
    ['/t/', '#t=a.b.c'],
    ['/t/a/b', '#t=a.b.c'],
    ['/t/%E0%A4%A', '#t=a.b.c'],
    [`/t/${'x'.repeat(65)}`, '#t=a.b.c'],
    ['/x/order1', '#t=a.b.c'],
  ])('%s%s opens nothing', (path, hash) => {
    expect(parseTrackLink(path, hash)).toBeUndefined()
  })
})
