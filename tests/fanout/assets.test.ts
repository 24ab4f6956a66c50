import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writePack } from '../../scripts/web-pack.ts'
import { type Assets, type AssetsOptions, openAssets } from '../../src/fanout/assets.ts'

const html = (title: string) =>
  Buffer.from(`<html><head><meta name="zlt-map" content="{}"><title>${title}</title></head></html>`)
const script = Buffer.from(`console.log(1);${'// padding\n'.repeat(50)}`)
const tiles = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251))
const bounds = [9.4, 47, 9.7, 47.3]

let folder: string
let packPath: string
let assets: Assets

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zlt-assets-'))
  packPath = join(folder, 'web.pack')
  await writePack(packPath, [
    { path: '/', type: 'text/html; charset=utf-8', body: html('home') },
    { path: '/t/*', type: 'text/html; charset=utf-8', body: html('track') },
    { path: '/assets/main-abc.js', type: 'text/javascript', body: script, immutable: true },
    { path: '/assets/main-abc.js', type: 'text/javascript', body: script, immutable: true },
    { path: '/assets/land.pmtiles', type: 'application/vnd.pmtiles', body: tiles, tiles: { bounds, credit: '© "A"' } },
  ])
  assets = await openAssets(packPath)
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

function get(path: string, headers: Record<string, string> = {}, method = 'GET', from = assets): Response {
  const response = from.serve(new Request(`http://x.example${path}`, { method, headers }))
  if (!response) throw new Error(`${path} was not served`)
  return response
}

const opened = (options: AssetsOptions) => openAssets(packPath, options)

describe('routes', () => {
  test('the home page and any order’s page', async () => {
    expect(await get('/').text()).toContain('<title>home</title>')
    expect(await get('/t/order:1').text()).toContain('<title>track</title>')
    expect(get('/t/order1').headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  test.each(['/t/', '/t/a/b', '/orders/1', '/ws', '/favicon.ico'])('%s is not its business', (path) => {
    expect(assets.serve(new Request(`http://x.example${path}`))).toBeUndefined()
  })

  test('an asset that is not there is a 404, not a page', () => {
    expect(get('/assets/main-old.js').status).toBe(404)
  })

  test('only reading is allowed', () => {
    const response = get('/', {}, 'POST')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  })

  test('HEAD has the headers and no body', async () => {
    const response = get('/assets/main-abc.js', {}, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(script.length))
    expect(await response.text()).toBe('')
  })

  test('a file that is no pack does not open', async () => {
    const path = join(folder, 'other')
    await Bun.write(path, 'something else')
    expect(openAssets(path)).rejects.toThrow('no pack')
  })
})

describe('headers', () => {
  test('a page runs nothing inline and speaks to its own origin only', () => {
    const policy = get('/t/o').headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(policy).not.toContain('http')
  })

  test.each(['/', '/t/o', '/assets/main-abc.js', '/assets/land.pmtiles'])(
    '%s is neither sniffed nor told of',
    (path) => {
      const { headers } = get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    },
  )

  test('a hashed name is kept for ever, a page is asked for again', () => {
    expect(get('/assets/main-abc.js').headers.get('cache-control')).toContain('immutable')
    expect(get('/').headers.get('cache-control')).toBe('no-cache')
  })

  test('what has not changed is not sent again', async () => {
    for (const path of ['/', '/assets/main-abc.js', '/assets/land.pmtiles']) {
      const etag = get(path).headers.get('etag') ?? ''
      const bare = etag.replace('W/', '')
      for (const tag of [etag, bare, `W/${bare}`, `"x", ${etag}`, '*']) {
        const response = get(path, { 'if-none-match': tag })
        expect(response.status).toBe(304)
        expect(await response.text()).toBe('')
      }
      expect(get(path, { 'if-none-match': '"x"' }).status).toBe(200)
    }
  })

  test('gzip for those who take it', async () => {
    for (const encoding of ['gzip', 'br, gzip', 'gzip;q=0.5', '*']) {
      const response = get('/assets/main-abc.js', { 'accept-encoding': encoding })
      expect(response.headers.get('content-encoding')).toBe('gzip')
      expect(response.headers.get('vary')).toBe('accept-encoding')
      expect(Buffer.from(Bun.gunzipSync(await response.bytes()))).toEqual(script)
    }
    for (const encoding of ['', 'br', 'gzip;q=0', 'gzip; q=0.0']) {
      const response = get('/assets/main-abc.js', { 'accept-encoding': encoding })
      expect(response.headers.get('content-encoding')).toBeNull()
      expect(Buffer.from(await response.bytes())).toEqual(script)
    }
  })
})

describe('the map', () => {
  test.each([
    ['bytes=0-99', 206, 'bytes 0-99/1000', [0, 100]],
    ['bytes=990-', 206, 'bytes 990-999/1000', [990, 1_000]],
    ['bytes=-10', 206, 'bytes 990-999/1000', [990, 1_000]],
    ['bytes=-5000', 206, 'bytes 0-999/1000', [0, 1_000]],
    ['bytes=900-5000', 206, 'bytes 900-999/1000', [900, 1_000]],
  ] as const)('%s of the tiles', async (range, status, contentRange, [from, to]) => {
    const response = get('/assets/land.pmtiles', { range, 'accept-encoding': 'gzip' })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-range')).toBe(contentRange)
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(Buffer.from(await response.bytes())).toEqual(tiles.subarray(from, to))
  })

  test.each(['bytes=1000-', 'bytes=5-1', 'bytes=-0'])('%s cannot be satisfied', (range) => {
    const response = get('/assets/land.pmtiles', { range })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */1000')
  })

  test.each(['bytes=-', 'bytes=0-1,5-6', 'lines=0-1'])('%s is answered with the whole', (range) => {
    const response = get('/assets/land.pmtiles', { range })
    expect(response.status).toBe(200)
    expect(response.headers.get('accept-ranges')).toBe('bytes')
  })

  test('a range of another version is answered with the whole', () => {
    expect(get('/assets/land.pmtiles', { range: 'bytes=0-1', 'if-range': '"old"' }).status).toBe(200)
    const etag = get('/assets/land.pmtiles').headers.get('etag') ?? ''
    expect(get('/assets/land.pmtiles', { range: 'bytes=0-1', 'if-range': etag }).status).toBe(206)
  })

  test('a page is told of the tiles, safely quoted', async () => {
    const text = await get('/t/o').text()
    const content = /<meta name="zlt-map" content="([^"]*)">/.exec(text)?.[1] ?? ''
    expect(JSON.parse(content.replaceAll('&quot;', '"'))).toEqual({
      tiles: { url: '/assets/land.pmtiles', bounds, credit: '© "A"' },
    })
  })

  test('a style from elsewhere opens its origin, and no other, to the pages', async () => {
    const styled = await opened({ mapStyle: 'https://maps.example/style.json?key=a&b="c"' })
    const response = get('/t/o', {}, 'GET', styled)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("connect-src 'self' https://maps.example;")
    expect(policy).toContain("img-src 'self' data: blob: https://maps.example;")
    expect(policy.match(/https?:/g)).toHaveLength(2)
    expect(await response.text()).toContain('style.json?key=a&amp;b=')
    expect(response.headers.get('etag')).not.toBe(get('/t/o').headers.get('etag'))
  })

  test('a style of this server opens nothing', async () => {
    const styled = await opened({ mapStyle: '/style.json' })
    expect(get('/', {}, 'GET', styled).headers.get('content-security-policy')).not.toContain('http')
  })

  test('a style that is no address is refused at the start', () => {
    expect(opened({ mapStyle: 'not an address' })).rejects.toThrow()
  })
})
