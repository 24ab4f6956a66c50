import { isEnded, mergeView, type View } from '../../src/domain/view.ts'
import { ClockOffset } from './clock-offset.ts'
import { authorizationOf, type Credential, socketOf, trackPathOf } from './credential.ts'
import { type EndReason, parseServerFrame, parseViewFrame } from './frames.ts'
import { afterClose, deadAfterMs, handshakeTimeoutMs, retryDelayMs } from './retry.ts'

/** How the connection stands. */
export type Phase =
  /** Nothing heard yet. */
  | 'opening'
  /** Frames arrive. */
  | 'live'
  /** Between two attempts; what is known stays on show. */
  | 'reconnecting'
  /** Over: nothing more will come. */
  | 'ended'
  /** The link opens nothing; it is not said why. */
  | 'refused'

/** What a subscriber sees; a new object at each change. */
export type Tracking = {
  phase: Phase
  /** False while the device says it has no network. */
  online: boolean
  view?: View
  /** Set with `ended`, when the server named it. */
  endReason?: EndReason
  /** When the last message came, by the local clock. */
  heardAtMs?: number
  /** The next attempt, by the local clock. */
  retryAtMs?: number
}

/** The part of a browser's WebSocket that is used. */
export type SocketLike = {
  readonly readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  send(data: string): void
  close(code?: number): void
}

/** What is left of a connection's time once the device says that it has no network. */
const offlineAfterMs = 5_000

/** The world outside, replaceable in tests. */
export type TrackingPorts = {
  fetch(url: string, init: { headers: Record<string, string>; signal: AbortSignal }): Promise<Response>
  openSocket(url: string, protocols: string[]): SocketLike
  nowMs(): number
  random(): number
  /** Runs `run` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, run: () => void): () => void
}

export type TrackingOptions = {
  credential: Credential
  /** For example `https://track.example.com`; where `/ws` and `/orders` are. */
  origin: string
  /** Asked once when the token ended; undefined means there is none. */
  refresh?: () => Promise<string | undefined>
  ports?: Partial<TrackingPorts>
}

type Answer = 'seen' | 'ended' | 'refused' | { retryAfterMs?: number }

/**
 * Follows one order and never gives up on a network, only on a refusal.
 *
 * It asks `/track` first and after each failed opening, since a browser does not learn why a socket was
 * refused. On every (re)connect the server sends what there is, so nothing is resumed.
 *
 * @example
 * const client = new TrackingClient({ credential, origin: location.origin })
 * client.subscribe((state) => draw(state))
 * client.start()
 */
export class TrackingClient {
  readonly #options: TrackingOptions
  readonly #ports: TrackingPorts
  readonly #clock = new ClockOffset()
  readonly #listeners = new Set<(state: Tracking) => void>()
  #credential: Credential
  #state: Tracking = { phase: 'opening', online: true }
  #socket: SocketLike | undefined
  #cancelTimer: (() => void) | undefined
  #attempt = 0
  /** Rises with every attempt, so that an answer to an earlier one is known as such. */
  #turn = 0
  #refreshed = false

  constructor(options: TrackingOptions) {
    this.#options = options
    this.#credential = options.credential
    this.#ports = { ...browserPorts, ...options.ports }
  }

  get state(): Tracking {
    return this.#state
  }

  /** The server's time now, in epoch milliseconds. */
  serverNowMs(): number {
    return this.#clock.serverNowMs(this.#ports.nowMs())
  }

  /** Calls `listener` at each change until the returned function is called. */
  subscribe(listener: (state: Tracking) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#connect()
  }

  /** Closes for good. */
  stop(): void {
    this.#turn += 1
    this.#drop()
    this.#listeners.clear()
  }

  /** Tells what the device says of its network; coming back online tries at once. */
  setOnline(online: boolean): void {
    if (online === this.#state.online) return
    this.#set({ online })
    if (online) this.nudge()
    // The flag alone may lie (a VPN that comes and goes); with a short silence it does not.
    else if (this.#state.phase === 'live') this.#watchdog(offlineAfterMs)
  }

  /** Tries now instead of waiting: the person looks at the page again, or the network is back. */
  nudge(): void {
    const { phase, heardAtMs } = this.#state
    const silentMs = this.#ports.nowMs() - (heardAtMs ?? Number.NEGATIVE_INFINITY)
    if (phase === 'reconnecting' && this.#socket === undefined) this.#connect()
    else if (phase === 'live' && silentMs > deadAfterMs) this.#retry(0)
  }

  /** Gives the connection a fresh token before the old one ends. */
  renew(token: string): void {
    if (this.#credential.kind !== 'token') return
    this.#credential = { ...this.#credential, token }
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ type: 'auth', token }))
  }

  #connect(): void {
    this.#drop()
    const turn = ++this.#turn
    void this.#ask().then((answer) => {
      if (turn !== this.#turn) return
      if (answer === 'refused') this.#set({ phase: 'refused' })
      else if (answer === 'ended') this.#set({ phase: 'ended' })
      else if (answer === 'seen') this.#open(turn)
      else this.#retry(answer.retryAfterMs)
    })
  }

  /** Asks `/track`; takes its view in. */
  async #ask(): Promise<Answer> {
    const abort = new AbortController()
    const cancel = this.#ports.after(deadAfterMs / 2, () => abort.abort())
    try {
      const response = await this.#ports.fetch(this.#options.origin + trackPathOf(this.#credential), {
        headers: { accept: 'application/json', authorization: authorizationOf(this.#credential) },
        signal: abort.signal,
      })
      if (response.status === 401 && (await this.#refresh())) return await this.#ask()
      if (response.status === 429 || response.status >= 500) return retryAfterOf(response)
      if (!response.ok) return 'refused'
      const frame = parseViewFrame(await response.json())
      if (!frame) return {}
      const view = mergeView(this.#state.view, frame)
      this.#set({ view, ...this.#hear(frame.now_ms) })
      return view.order && isEnded(view.order) ? 'ended' : 'seen'
    } catch {
      return {}
    } finally {
      cancel()
    }
  }

  #open(turn: number): void {
    const { path, protocols } = socketOf(this.#credential)
    let socket: SocketLike
    try {
      socket = this.#ports.openSocket(this.#options.origin.replace(/^http/, 'ws') + path, protocols)
    } catch {
      this.#retry()
      return
    }
    this.#socket = socket
    this.#watchdog(handshakeTimeoutMs)
    socket.onopen = () => {
      this.#clock.restart()
      this.#watchdog(deadAfterMs)
    }
    socket.onmessage = ({ data }) => {
      if (turn === this.#turn) this.#take(data)
    }
    socket.onclose = ({ code, reason }) => {
      if (turn === this.#turn) void this.#closed(code, reason)
    }
  }

  #take(data: unknown): void {
    this.#watchdog(deadAfterMs)
    const frame = parseServerFrame(data)
    if (frame?.type === 'view') {
      this.#attempt = 0
      this.#refreshed = false
      this.#set({ phase: 'live', view: mergeView(this.#state.view, frame), ...this.#hear(frame.now_ms) })
    } else if (frame?.type === 'beat') {
      this.#socket?.send(JSON.stringify({ type: 'ack', now_ms: frame.now_ms }))
      this.#set({ phase: 'live', ...this.#hear(frame.now_ms) })
    } else if (frame?.type === 'end') {
      // The close that follows says the same; waiting for it would show a live page for a moment longer.
      this.#drop()
      this.#set({ phase: 'ended', endReason: frame.reason })
    } else if (frame?.type === 'error') {
      // This client watches one order, so a refused watch leaves nothing to hear; `/track` says what it is.
      this.#retry()
    }
  }

  async #closed(code: number, reason: string): Promise<void> {
    this.#drop()
    const turn = this.#turn
    const next = afterClose(code, reason, this.#attempt, this.#ports.random)
    if (next.kind === 'retry') return this.#retry(next.delayMs)
    if (next.kind === 'stop') return this.#set({ phase: code === 4410 ? 'ended' : 'refused' })
    await this.#refresh()
    // With or without a fresh token: `/track` says whether this one still opens anything.
    if (turn === this.#turn) this.#retry()
  }

  async #refresh(): Promise<boolean> {
    if (this.#refreshed || !this.#options.refresh || this.#credential.kind !== 'token') return false
    this.#refreshed = true
    const token = await this.#options.refresh().catch(() => undefined)
    if (token === undefined) return false
    this.#credential = { ...this.#credential, token }
    return true
  }

  #retry(delayMs?: number): void {
    this.#drop()
    const waitMs = delayMs ?? retryDelayMs(this.#attempt, this.#ports.random)
    this.#attempt += 1
    this.#turn += 1
    this.#cancelTimer = this.#ports.after(waitMs, () => this.#connect())
    this.#set({ phase: 'reconnecting', retryAtMs: this.#ports.nowMs() + waitMs })
  }

  #watchdog(delayMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#ports.after(delayMs, () => this.#retry())
  }

  #hear(nowMs: number): { heardAtMs: number } {
    const heardAtMs = this.#ports.nowMs()
    if (Number.isFinite(nowMs)) this.#clock.add(nowMs, heardAtMs)
    return { heardAtMs }
  }

  /** Lets go of socket and timer without hearing of them again. */
  #drop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  #set(change: Partial<Tracking>): void {
    const { retryAtMs: _, ...rest } = this.#state
    this.#state = { ...(change.phase ? rest : this.#state), ...change }
    for (const listener of this.#listeners) listener(this.#state)
  }
}

function retryAfterOf(response: Response): { retryAfterMs?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, 60) * 1_000 } : {}
}

const browserPorts: TrackingPorts = {
  fetch: (url, init) => fetch(url, { ...init, cache: 'no-store', credentials: 'omit' }),
  openSocket: (url, protocols) => new WebSocket(url, protocols) as unknown as SocketLike,
  nowMs: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
