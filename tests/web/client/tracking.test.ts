import { describe, expect, test } from 'bun:test'
import type { SocketLike, Tracking } from '../../../web/client/tracking.ts'
import { TrackingClient } from '../../../web/client/tracking.ts'

/** A world with its own clock: nothing here waits. */
class World {
  nowMs = 1_000_000
  random = 0.5
  asked: { url: string; authorization: string | undefined }[] = []
  sockets: FakeSocket[] = []
  /** What `/track` answers next; the last one stays. */
  answers: (Response | 'fails')[] = [json(view({}))]
  tokens: (string | undefined)[] = []
  #timers: { atMs: number; run: () => void }[] = []

  client(more: { refresh?: boolean } = {}): { client: TrackingClient; seen: Tracking[] } {
    const client = new TrackingClient({
      credential: { kind: 'token', orderId: 'o1', token: 'first' },
      origin: 'https://x.example',
      ...(more.refresh && { refresh: async () => this.tokens.shift() }),
      ports: {
        fetch: async (url, { headers }) => {
          this.asked.push({ url, authorization: headers.authorization })
          const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
          if (!answer || answer === 'fails') throw new TypeError('network')
          return answer.clone()
        },
        openSocket: (url, protocols) => {
          const socket = new FakeSocket(url, protocols)
          this.sockets.push(socket)
          return socket
        },
        nowMs: () => this.nowMs,
        random: () => this.random,
        after: (delayMs, run) => {
          const timer = { atMs: this.nowMs + delayMs, run }
          this.#timers.push(timer)
          return () => {
            this.#timers = this.#timers.filter((one) => one !== timer)
          }
        },
      },
    })
    const seen: Tracking[] = []
    client.subscribe((state) => seen.push(state))
    return { client, seen }
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1)
    if (!socket) throw new Error('no socket was opened')
    return socket
  }

  /** Lets promises settle, then passes time and runs what is due. */
  async pass(ms: number): Promise<void> {
    await settle()
    const untilMs = this.nowMs + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (!due) break
      this.nowMs = due.atMs
      this.#timers = this.#timers.filter((one) => one !== due)
      due.run()
      await settle()
    }
    this.nowMs = untilMs
  }
}

class FakeSocket implements SocketLike {
  readyState = 0
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  sent: unknown[] = []
  closed = false

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  open(): void {
    this.readyState = 1
    this.onopen?.(undefined as never)
  }

  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  end(code: number, reason = ''): void {
    this.readyState = 3
    this.onclose?.({ code, reason })
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data))
  }

  close(): void {
    this.closed = true
  }
}

const order = (rev: number, status = 'picked_up') => ({
  rev,
  status,
  timeline: [],
  assignment: 1,
  visible: true,
  stops_before: 0,
})

function view(parts: object): object {
  return { type: 'view', order_id: 'o1', epoch: 1, now_ms: 500_000, order: order(1), ...parts }
}

function json(body: object, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers })
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
}

async function live(world: World, more: { refresh?: boolean } = {}) {
  const started = world.client(more)
  started.client.start()
  await settle()
  world.socket.open()
  world.socket.say(view({}))
  return started
}

describe('opening', () => {
  test('asks /track first, shows its view, then opens the socket', async () => {
    const world = new World()
    const { client, seen } = world.client()
    client.start()
    await settle()
    expect(world.asked).toEqual([{ url: 'https://x.example/orders/o1/track', authorization: 'Bearer first' }])
    expect(seen.at(-1)?.view?.order?.rev).toBe(1)
    expect(client.state.phase).toBe('opening')
    expect(world.socket.url).toBe('wss://x.example/ws?order_id=o1')
    world.socket.open()
    world.socket.say(view({ order: order(2) }))
    expect(client.state).toMatchObject({ phase: 'live', view: { order: { rev: 2 } } })
  })

  test.each([400, 401, 403, 404])('a %d of /track is a refusal and opens no socket', async (status) => {
    const world = new World()
    world.answers = [json({ code: 'x' }, status)]
    const { client } = world.client()
    client.start()
    await world.pass(600_000)
    expect(client.state.phase).toBe('refused')
    expect(world.sockets).toHaveLength(0)
    expect(world.asked).toHaveLength(1)
  })

  test('an order that is over is shown and not followed', async () => {
    const world = new World()
    world.answers = [json(view({ order: order(4, 'delivered') }))]
    const { client } = world.client()
    client.start()
    await settle()
    expect(client.state).toMatchObject({ phase: 'ended', view: { order: { status: 'delivered' } } })
    expect(world.sockets).toHaveLength(0)
  })

  test('a busy server is asked again when it says', async () => {
    const world = new World()
    world.answers = [json({}, 503, { 'retry-after': '7' }), json(view({}))]
    const { client } = world.client()
    client.start()
    await world.pass(6_900)
    expect(client.state.phase).toBe('reconnecting')
    expect(world.asked).toHaveLength(1)
    await world.pass(200)
    expect(world.asked).toHaveLength(2)
    expect(world.sockets).toHaveLength(1)
  })

  test('no network is waited out with growing, spread waits', async () => {
    const world = new World()
    world.answers = ['fails']
    const { client } = world.client()
    client.start()
    await settle()
    const askedAtMs: number[] = []
    for (let i = 0; i < 300_000; i += 250) {
      const before = world.asked.length
      await world.pass(250)
      if (world.asked.length > before) askedAtMs.push(i + 250)
      if (askedAtMs.length === 7) break
    }
    const waits = askedAtMs.map((atMs, i) => atMs - (askedAtMs[i - 1] ?? 0))
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
    expect(client.state.phase).toBe('reconnecting')
  })

  test('a handshake gets three seconds, then /track is asked what is wrong', async () => {
    const world = new World()
    const { client } = world.client()
    client.start()
    await world.pass(2_900)
    expect(world.socket.closed).toBe(false)
    await world.pass(200)
    expect(world.socket.closed).toBe(true)
    expect(client.state.phase).toBe('reconnecting')
    world.answers = [json({}, 404)]
    await world.pass(1_000)
    expect(client.state.phase).toBe('refused')
  })
})

describe('living', () => {
  test('acknowledges beats', async () => {
    const world = new World()
    await live(world)
    world.socket.say({ type: 'beat', now_ms: 777 })
    expect(world.socket.sent).toEqual([{ type: 'ack', now_ms: 777 }])
  })

  test('knows the server’s time, whatever the local clock says', async () => {
    const world = new World()
    const { client } = await live(world)
    world.nowMs += 5_000
    expect(client.serverNowMs()).toBe(505_000)
  })

  test('ignores frames it does not know', async () => {
    const world = new World()
    const { client } = await live(world)
    const before = client.state.view
    world.socket.say({ type: 'weather', rain: true })
    world.socket.onmessage?.({ data: '{' })
    world.socket.onmessage?.({ data: new ArrayBuffer(4) })
    expect(client.state.phase).toBe('live')
    expect(client.state.view).toBe(before as NonNullable<typeof before>)
  })

  test('an older part changes nothing', async () => {
    const world = new World()
    const { client } = await live(world)
    world.socket.say(view({ order: order(9) }))
    world.socket.say(view({ order: order(3) }))
    expect(client.state.view?.order?.rev).toBe(9)
  })

  test('22 seconds of silence are a dead socket', async () => {
    const world = new World()
    const { client } = await live(world)
    await world.pass(21_000)
    world.socket.say({ type: 'beat', now_ms: 1 })
    await world.pass(21_900)
    expect(client.state.phase).toBe('live')
    await world.pass(200)
    expect(client.state.phase).toBe('reconnecting')
    expect(world.socket.closed).toBe(true)
  })

  test('keeps what it knows while it reconnects', async () => {
    const world = new World()
    const { client } = await live(world)
    world.answers = ['fails']
    world.socket.end(1006)
    await world.pass(30_000)
    expect(client.state).toMatchObject({ phase: 'reconnecting', view: { order: { rev: 1 } } })
  })

  test('gives the server a fresh token before the old one ends', async () => {
    const world = new World()
    const { client } = await live(world)
    client.renew('second')
    expect(world.socket.sent).toEqual([{ type: 'auth', token: 'second' }])
    world.socket.end(1006)
    await world.pass(1_000)
    expect(world.asked.at(-1)?.authorization).toBe('Bearer second')
  })
})

describe('closing', () => {
  test('comes back after exactly the wait of a restart', async () => {
    const world = new World()
    const { client } = await live(world)
    world.socket.end(1012, '{"retry_after_ms":1300}')
    await world.pass(1_290)
    expect(world.asked).toHaveLength(1)
    await world.pass(20)
    expect(world.asked).toHaveLength(2)
    world.socket.open()
    world.socket.say(view({}))
    expect(client.state.phase).toBe('live')
  })

  test.each([
    [4403, 'refused'],
    [4404, 'refused'],
    [4410, 'ended'],
  ])('%d is for good', async (code, phase) => {
    const world = new World()
    const { client } = await live(world)
    world.socket.end(code)
    await world.pass(600_000)
    expect(client.state.phase).toBe(phase as Tracking['phase'])
    expect(world.sockets).toHaveLength(1)
  })

  test('an end is shown with its reason, and what follows is not heard', async () => {
    const world = new World()
    const { client } = await live(world)
    world.socket.say({ type: 'end', order_id: 'o1', reason: 'revoked' })
    world.socket.end(1006)
    await world.pass(600_000)
    expect(client.state).toMatchObject({ phase: 'ended', endReason: 'revoked' })
    expect(world.sockets).toHaveLength(1)
  })

  test('an ended token is refreshed once', async () => {
    const world = new World()
    world.tokens = ['second', 'third']
    const { client } = await live(world, { refresh: true })
    world.socket.end(4401)
    await world.pass(1_000)
    expect(world.asked.at(-1)?.authorization).toBe('Bearer second')
    world.socket.end(4401)
    await world.pass(2_000)
    expect(world.asked.at(-1)?.authorization).toBe('Bearer second')
    expect(client.state.phase).toBe('reconnecting')
  })

  test('an ended token without a fresh one ends in what /track says of it', async () => {
    const world = new World()
    const { client } = await live(world)
    world.answers = [json({}, 401)]
    world.socket.end(4401)
    await world.pass(2_000)
    expect(client.state.phase).toBe('refused')
  })

  test('stopping hears and does nothing any more', async () => {
    const world = new World()
    const { client, seen } = await live(world)
    client.stop()
    const count = seen.length
    world.socket.end(1006)
    await world.pass(60_000)
    expect(seen).toHaveLength(count)
    expect(world.sockets).toHaveLength(1)
  })
})

describe('the device', () => {
  test('tries at once when the network is back', async () => {
    const world = new World()
    const { client } = await live(world)
    world.answers = ['fails']
    client.setOnline(false)
    world.socket.end(1006)
    await world.pass(60_000)
    world.answers = [json(view({}))]
    const asked = world.asked.length
    client.setOnline(true)
    await settle()
    expect(world.asked).toHaveLength(asked + 1)
  })

  test('without a network a silence of five seconds is enough to say so', async () => {
    const world = new World()
    const { client } = await live(world)
    client.setOnline(false)
    await world.pass(5_100)
    expect(client.state).toMatchObject({ phase: 'reconnecting', online: false })
  })

  test('a page that slept finds out at once that its socket is dead', async () => {
    const world = new World()
    const { client } = await live(world)
    world.nowMs += 3_600_000
    client.nudge()
    await settle()
    expect(client.state.phase).toBe('reconnecting')
  })
})
