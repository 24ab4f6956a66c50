import { afterAll, describe, expect, test } from 'bun:test'
import { createRandom } from '../../cli/riders/random'
import { planRider } from '../../cli/simulate/plan-rider'
import { startRun } from '../../cli/simulate/run'
import { type TimedPath, timePath } from '../../cli/simulate/timed-path'

/** What the stand-in does wrong. */
interface Flaws {
  /** Answers every first attempt at a fix with this status. */
  firstStatus?: number
  /** Never passes on a rider's last fix (it stands still). */
  losesLast?: boolean
  /** Sends an older position after each one. */
  goesBack?: boolean
  /** Sends each position to the other order's viewers too. */
  leaks?: boolean
  /** Closes each socket once, as a restart does. */
  restarts?: boolean
}

interface Fix {
  order_id: string
  id: string
  speed_mps: number
}

const servers: Bun.Server<string>[] = []
afterAll(async () => {
  for (const server of servers.splice(0)) await server.stop(true)
})

/** A server that does no more than this test needs: what is posted for an order goes to its sockets. */
function standIn(flaws: Flaws): string {
  const sockets = new Set<Bun.ServerWebSocket<string>>()
  const tried = new Set<string>()
  let at = 0
  const order = { rev: 1, status: 'assigned', timeline: [], assignment: 1, visible: true, stops_before: 0 }
  const frame = (orderId: string, parts: object) =>
    JSON.stringify({ type: 'view', order_id: orderId, epoch: 1, now_ms: Date.now(), ...parts })
  const server = Bun.serve<string>({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request, self) {
      const url = new URL(request.url)
      if (url.pathname === '/ws') {
        const headers = { 'sec-websocket-protocol': 'zlt.v1' }
        self.upgrade(request, { data: url.searchParams.get('order_id') as string, headers })
        return
      }
      const body = (await request.json()) as Fix | Fix[]
      const fixes = Array.isArray(body) ? body : [body]
      const first = fixes[0] as Fix
      if (flaws.firstStatus !== undefined && !tried.has(first.id)) {
        tried.add(first.id)
        return Response.json({ code: 'overloaded' }, { status: flaws.firstStatus })
      }
      for (const fix of fixes) publish(fix)
      return Response.json({ results: fixes.map(() => ({ status: 'accepted' })) }, { status: 202 })
    },
    websocket: {
      open(socket) {
        sockets.add(socket)
        socket.send(frame(socket.data, { order }))
        if (!flaws.restarts || tried.has(`${socket.data} restarted`)) return
        tried.add(`${socket.data} restarted`)
        socket.close(1012, JSON.stringify({ retry_after_ms: 50 }))
      },
      message() {},
      close(socket) {
        sockets.delete(socket)
      },
    },
  })
  function publish(fix: Fix): void {
    if (flaws.losesLast && fix.speed_mps === 0) return
    at += 1
    const position = { at, rev: 1, assignment: 1, id: fix.id }
    for (const socket of sockets) {
      if (socket.data !== fix.order_id && !flaws.leaks) continue
      socket.send(frame(socket.data, { position }))
      if (flaws.goesBack) socket.send(frame(socket.data, { position: { ...position, at: at - 1 } }))
    }
  }
  servers.push(server)
  return server.url.origin
}

const path = timePath(
  Array.from({ length: 60 }, (_, i) => ({ lat: 47.14 + i * 1e-4, lng: 9.52, timeMs: i * 1_000 })),
  { speed: 1, spacingMs: 1_000 },
) as TimedPath

async function run(flaws: Flaws, stopAfterMs?: number) {
  const url = standIn(flaws)
  const curtain = new AbortController()
  if (stopAfterMs !== undefined) setTimeout(() => curtain.abort(), stopAfterMs)
  const ride = { intervalMs: 100, durationMs: 500, noiseM: 0, lossShare: 0 }
  const started = startRun({
    rides: [0, 1].map((index) => ({
      orderId: `o${index}`,
      partnerId: `p${index}`,
      riderToken: 't',
      viewerToken: 't',
      steps: planRider(path, ride, index === 1 ? { fromMs: 150, toMs: 400 } : undefined, createRandom(1, `${index}`)),
    })),
    viewersPerOrder: 2,
    ingestUrl: url,
    fanoutUrls: [url],
    refreshViewerToken: async () => 't2',
    random: createRandom(1),
    signal: curtain.signal,
    showTimeoutMs: 300,
  })
  return { end: await started.done, tally: started.tally }
}

describe('startRun', () => {
  test.concurrent('against a good server everything arrives, once, and nothing else', async () => {
    const { end, tally } = await run({})
    expect(end).toMatchObject({ complete: true, loss: 0 })
    // Three fixes of the silent rider come together: two viewers see them, and their latency says nothing.
    expect(tally.fixes).toMatchObject({ intended: 12, sent: 12, accepted: 12, failed: 0, batched: 3, finals: 2 })
    expect(tally.backlogSeen).toBe(6)
    expect(tally.latency.count).toBe(18)
    expect([tally.violations, tally.foreign, tally.retries]).toEqual([0, 0, 0])
  })

  test.concurrent('a 503 is tried again with the same fix, and nothing is counted twice', async () => {
    const { end, tally } = await run({ firstStatus: 503 })
    expect(end.loss).toBe(0)
    expect(tally.fixes).toMatchObject({ sent: 12, accepted: 12, failed: 0 })
    expect(tally.retries).toBe(tally.statuses['503'] as number)
    // Repetitions count from the moment the fix was meant to be sent.
    expect(tally.latency.percentile(0)).toBeGreaterThan(150)
  })

  test.concurrent('another refusal is final', async () => {
    const { tally } = await run({ firstStatus: 404 })
    expect(tally.retries).toBe(0)
    expect(tally.rejected).toEqual({ overloaded: 12 })
  })

  test.concurrent('a lost last fix is found on every viewer', async () => {
    expect((await run({ losesLast: true })).end).toMatchObject({ complete: true, loss: 4 })
  })

  test.concurrent('a position that goes back is found', async () => {
    const { tally, end } = await run({ goesBack: true })
    expect(tally.violations).toBe(24)
    expect(end.loss).toBe(0)
  })

  test.concurrent('a frame for somebody else is found', async () => {
    expect((await run({ leaks: true })).tally.foreign).toBe(24)
  })

  test.concurrent('viewers come back after a restart', async () => {
    const { tally, end } = await run({ restarts: true })
    expect(tally.closes['1012']).toBe(2)
    expect(tally.reconnects).toBe(2)
    expect(end.loss).toBe(0)
  })

  test.concurrent('stopped early it ends at once', async () => {
    const startMs = performance.now()
    const { end, tally } = await run({}, 200)
    expect(end.complete).toBe(false)
    expect(tally.fixes.intended).toBeLessThan(12)
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })
})
