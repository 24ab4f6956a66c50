import { openPack, type Pack, type PackFile } from './pack'

/** The pages and what belongs to them. */
export type Assets = {
  /** Answers `/`, `/t/*`, `/assets/*` and icons; undefined for what is none of these. */
  serve(request: Request): Response | undefined
}

export type AssetsOptions = {
  /** URL of a MapLibre style to use instead of the tiles that come with the pages. */
  mapStyle?: string
}

type Body = { bytes: Uint8Array<ArrayBuffer>; gzip?: Uint8Array<ArrayBuffer> }

/**
 * Opens the pages from a pack; throws when the file is none, or `mapStyle` is no URL.
 *
 * The pages run no inline script or style and speak to their own origin only; a configured map style adds
 * its origin and no other. Whoever holds a link holds a secret, so nothing is told to other sites.
 */
export async function openAssets(packPath: string, options: AssetsOptions = {}): Promise<Assets> {
  const pack = await openPack(packPath)
  const settings = mapSettings(pack, options.mapStyle)
  const policy = contentSecurityPolicy(options.mapStyle)
  const exact = new Map(pack.files.filter(({ path }) => !path.endsWith('/*')).map((file) => [file.path, file]))
  const below = pack.files.filter(({ path }) => path.endsWith('/*'))
  // Made when first asked for: compressing them all took 4 ms of each start.
  const pages = new Map<PackFile, ReturnType<typeof withSettings>>()
  const pageOf = (file: PackFile) => {
    const page = pages.get(file) ?? withSettings(pack, file, settings)
    pages.set(file, page)
    return page
  }

  return {
    serve(request) {
      const { pathname } = new URL(request.url)
      const file = exact.get(pathname) ?? below.find(({ path }) => isBelow(pathname, path))
      if (!file) return pathname.startsWith('/assets/') ? plainAnswer(404) : undefined
      if (request.method !== 'GET' && request.method !== 'HEAD') return plainAnswer(405, { allow: 'GET, HEAD' })
      const page = isPage(file) ? pageOf(file) : undefined
      const headers = headersOf(file, page?.etag ?? file.etag, policy)
      return answer(request, file, page?.body ?? bodyOf(pack, file), headers)
    },
  }
}

function answer(request: Request, file: PackFile, body: Body, headers: Headers): Response {
  const etag = headers.get('etag') as string
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  if (file.tiles) return answerRange(request, body.bytes, headers)
  const zipped = body.gzip && acceptsGzip(request.headers.get('accept-encoding')) ? body.gzip : undefined
  if (zipped) headers.set('content-encoding', 'gzip')
  return send(request, zipped ?? body.bytes, 200, headers)
}

/** RFC 9110 §14: one range of bytes; several are answered with the whole, which is allowed. */
function answerRange(request: Request, bytes: Uint8Array<ArrayBuffer>, headers: Headers): Response {
  headers.set('accept-ranges', 'bytes')
  const condition = request.headers.get('if-range')
  const asked = condition === null || condition === headers.get('etag') ? request.headers.get('range') : null
  const match = asked && /^bytes=(\d*)-(\d*)$/.exec(asked)
  if (!match || (match[1] === '' && match[2] === '')) return send(request, bytes, 200, headers)
  const size = bytes.length
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]))
  if (start >= size || start > end) {
    headers.set('content-range', `bytes */${size}`)
    return send(request, new Uint8Array(), 416, headers)
  }
  headers.set('content-range', `bytes ${start}-${end}/${size}`)
  return send(request, bytes.subarray(start, end + 1), 206, headers)
}

function send(request: Request, bytes: Uint8Array<ArrayBuffer>, status: number, headers: Headers): Response {
  headers.set('content-length', String(bytes.length))
  return new Response(request.method === 'HEAD' ? null : bytes, { status, headers })
}

function headersOf(file: PackFile, etag: string, policy: string): Headers {
  const headers = new Headers({
    'content-type': file.type,
    // Weak, since the same tag stands for the plain and the compressed body; ranges need a strong one.
    etag: file.tiles ? etag : `W/${etag}`,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  })
  if (file.gzip) headers.set('vary', 'accept-encoding')
  if (isPage(file)) {
    headers.set('content-security-policy', policy)
    headers.set('cross-origin-opener-policy', 'same-origin')
    headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=()')
  }
  return headers
}

/** What the pages may load: themselves, and the origin of a map style from elsewhere. */
function contentSecurityPolicy(mapStyle: string | undefined): string {
  const origin = mapStyle && !mapStyle.startsWith('/') ? ` ${new URL(mapStyle).origin}` : ''
  return [
    "default-src 'self'",
    `connect-src 'self'${origin}`,
    `img-src 'self' data: blob:${origin}`,
    "script-src 'self'",
    "style-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** What the page learns of its map, by a meta tag: one request less than a file of settings. */
function mapSettings({ files }: Pack, mapStyle: string | undefined): string {
  const file = files.find(({ tiles }) => tiles)
  return JSON.stringify({
    ...(mapStyle && { map_style: mapStyle }),
    ...(file?.tiles && { tiles: { url: file.path, ...file.tiles } }),
  })
}

function withSettings(pack: Pack, file: PackFile, settings: string): { body: Body; etag: string } {
  const escaped = settings.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const html = new TextDecoder().decode(pack.read(file.plain))
  const text = html.replace('<meta name="zlt-map" content="{}">', () => `<meta name="zlt-map" content="${escaped}">`)
  const bytes = new TextEncoder().encode(text)
  return { body: { bytes, gzip: Bun.gzipSync(bytes) }, etag: `"${Bun.hash(bytes).toString(36)}"` }
}

function bodyOf(pack: Pack, file: PackFile): Body {
  return { bytes: pack.read(file.plain), ...(file.gzip && { gzip: pack.read(file.gzip) }) }
}

function isPage({ type }: PackFile): boolean {
  return type.startsWith('text/html')
}

function isBelow(pathname: string, pattern: string): boolean {
  const folder = pattern.slice(0, -1)
  return pathname.startsWith(folder) && pathname.length > folder.length && !pathname.slice(folder.length).includes('/')
}

/** RFC 9110 §13.1.2: the comparison is weak. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return header.split(',').some((one) => one.trim() === '*' || bare(one) === bare(etag))
}

function acceptsGzip(header: string | null): boolean {
  return (header ?? '').split(',').some((one) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one))
}

function plainAnswer(status: 404 | 405, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
