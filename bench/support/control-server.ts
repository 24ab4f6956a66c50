/**
 * The control: what anybody would write by hand on the same runtime. Bare `Bun.serve`, `JSON.parse`, checks in line, a
 * map of verified tokens, the same SQLite file settings and group insert, one `send` to the order's socket.
 * It has no roles, no error table, no metrics, no tracker, no conflation.
 */

import { join } from 'node:path'
import type { ServerWebSocket } from 'bun'
import { openLogFile } from '../../src/adapters/embedded/log-file'
import { openSigningKeys } from '../../src/auth/signing-keys'
import { createVerifier } from '../../src/http/authenticate'
import { answerQuestions } from './questions'

const GROUP_ROWS = 100
const GROUP_WAIT_MS = 2
const ID = /^[A-Za-z0-9._:-]{1,64}$/

/** Brings a frame to the size of zlt's, which tells more of the rider. */
const FRAME_START = `{"type":"view","also":"${'.'.repeat(103)}",`

interface Row {
  order: string
  value: string
}

const folder = process.argv[2] as string
const keys = await openSigningKeys(join(folder, 'keys.json'), { create: false })
const verify = createVerifier(keys, 'zlt')
const file = openLogFile(join(folder, 'control.db'), 'normal', (error) => console.error(error))
const insert = file.db.query('INSERT INTO log (key, value, headers, appended_ms) VALUES (?, ?, ?, ?)')
const sockets = new Map<string, ServerWebSocket<{ order: string }>>()

let waiting: { rows: Row[]; done: () => void }[] = []
let waitingRows = 0
let timer: Timer | undefined
let immediate: NodeJS.Immediate | undefined
let lastMs = 0

function append(rows: Row[]): Promise<void> {
  return new Promise((done) => {
    waiting.push({ rows, done })
    waitingRows += rows.length
    if (waitingRows >= GROUP_ROWS) return commit()
    if (timer !== undefined || immediate !== undefined) return
    const idleMs = performance.now() - lastMs
    if (idleMs >= GROUP_WAIT_MS) immediate = setImmediate(commit)
    else timer = setTimeout(commit, GROUP_WAIT_MS - idleMs)
  })
}

function commit(): void {
  clearTimeout(timer)
  clearImmediate(immediate)
  timer = immediate = undefined
  const group = waiting
  waiting = []
  waitingRows = 0
  const nowMs = Date.now()
  file.db.run('BEGIN IMMEDIATE')
  for (const { rows } of group) for (const { order, value } of rows) insert.run(order, value, '{"zlt":"1"}', nowMs)
  file.db.run('COMMIT')
  lastMs = performance.now()
  for (const { done } of group) done()
  for (const { rows } of group) {
    for (const { order, value } of rows) {
      sockets.get(order)?.send(`${FRAME_START}"order_id":"${order}","epoch":1,"now_ms":${nowMs},"position":${value}}`)
    }
  }
}

async function postLocation(request: Request): Promise<Response> {
  const header = request.headers.get('authorization')
  if (header === null || !header.startsWith('Bearer ')) return new Response(null, { status: 401 })
  const known = verify(header.slice(7))
  const claims = known instanceof Promise ? await known : known
  if (claims.role !== 'DELIVERY_PARTNER') return new Response(null, { status: 403 })
  const body = JSON.parse(await request.text())
  const fixes = Array.isArray(body) ? body : [body]
  const receivedMs = Date.now()
  const rows: Row[] = []
  for (const fix of fixes) {
    if (typeof fix.lat !== 'number' || fix.lat < -90 || fix.lat > 90) return new Response(null, { status: 400 })
    if (typeof fix.lng !== 'number' || fix.lng < -180 || fix.lng > 180) return new Response(null, { status: 400 })
    if (typeof fix.order_id !== 'string' || !ID.test(fix.order_id)) return new Response(null, { status: 400 })
    for (const name of ['accuracy_m', 'speed_mps', 'heading_deg', 'fix_time_ms']) {
      if (fix[name] !== undefined && typeof fix[name] !== 'number') return new Response(null, { status: 400 })
    }
    const value = JSON.stringify({ ...fix, partner_id: claims.sub, received_ms: receivedMs })
    rows.push({ order: fix.order_id, value })
  }
  await append(rows)
  const results = fixes.map(() => ({ status: 'accepted' }))
  return Response.json({ accepted: rows.length, results, next: { interval_ms: 2000 } }, { status: 202 })
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, server) {
    if (request.method === 'POST') return postLocation(request)
    const order = new URL(request.url).searchParams.get('order_id') ?? ''
    return server.upgrade(request, { data: { order } }) ? undefined : new Response(null, { status: 404 })
  },
  websocket: {
    data: {} as { order: string },
    perMessageDeflate: false,
    idleTimeout: 0,
    sendPings: false,
    open: (socket) => void sockets.set(socket.data.order, socket),
    message() {},
    close: (socket) => void sockets.delete(socket.data.order),
  },
})

answerQuestions({ url: server.url.origin }, async () => {
  await server.stop(true)
  file.close()
})
