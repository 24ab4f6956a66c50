/** One viewer: a socket that watches an order as the contract asks, and comes back when it is closed. */

import type { ViewFrame } from '../../src/domain/view'
import { CLOSE } from '../../src/errors'
import type { FrameChecker } from './check-frames'
import { bump, type Tally } from './tally'

/** What all viewers of a run share. */
export interface ViewerDeps {
  tally: Tally
  /** `performance.now()` at the run's start. */
  startMs: number
  /** Uniform in [0, 1): for the wait before coming back. */
  random: () => number
  /** Hears of each close, with the reason that the server gave. */
  onClose?: (code: number, reason: string) => void
}

/** Whom a viewer watches, where, and with what. */
export interface ViewerTarget {
  /** `ws://…/ws?order_id=…` */
  url: string
  token: string
  /** Gets another token when the server says that this one has ended. */
  refreshToken: () => Promise<string>
}

const HANDSHAKE_MS = 3_000
/** Without any frame for this long a connection is dead: two beats and a little. */
const DEAD_AFTER_MS = 22_000
const BACKOFF = { firstMs: 1_000, longestMs: 20_000 } as const
/** Coming back with the same request would be refused again. */
const FOR_GOOD: ReadonlySet<number> = new Set([CLOSE.forbidden, CLOSE.not_found, CLOSE.ended])

export class Viewer {
  readonly checker: FrameChecker
  readonly #deps: ViewerDeps
  readonly #target: ViewerTarget
  #socket: WebSocket | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Openings in a row that led to nothing. */
  #attempt = 0
  #heardMs = 0
  #everOpen = false
  #refreshed = false
  #stopped = false
  #onSettled: (() => void) | undefined
  isOpen = false

  constructor(deps: ViewerDeps, target: ViewerTarget, checker: FrameChecker) {
    this.#deps = deps
    this.#target = target
    this.checker = checker
  }

  /** Opens the first socket; resolves when it is open or has failed (and will be tried again). */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve
      this.#open()
    })
  }

  /** To be called about once a second: closes what is dead. One timer for all viewers, not one each. */
  watchdog(nowMs: number): void {
    if (this.#socket === undefined) return
    const limitMs = this.isOpen ? DEAD_AFTER_MS : HANDSHAKE_MS
    if (nowMs - this.#heardMs <= limitMs) return
    bump(this.#deps.tally.closes, this.isOpen ? 'dead' : 'handshake_timeout')
    const socket = this.#socket
    this.#lost(1006, '')
    socket.close()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#retry)
    this.isOpen = false
    this.#socket?.close(1000)
    this.#socket = undefined
    this.#settle()
  }

  #open(): void {
    const { url, token } = this.#target
    this.checker.startSocket()
    this.#heardMs = performance.now()
    const socket = new WebSocket(url, ['zlt.v1', `zlt.bearer.${token}`])
    this.#socket = socket
    socket.onopen = () => {
      if (socket !== this.#socket) return
      if (this.#everOpen) this.#deps.tally.reconnects += 1
      this.#everOpen = true
      this.isOpen = true
      this.#heardMs = performance.now()
      if (socket.protocol !== 'zlt.v1') bump(this.#deps.tally.refusals, `subprotocol ${socket.protocol || 'none'}`)
      this.#settle()
    }
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#hear(String(event.data))
    }
    socket.onclose = (event) => {
      if (socket !== this.#socket) return
      bump(this.#deps.tally.closes, String(event.code))
      this.#deps.onClose?.(event.code, event.reason)
      this.#lost(event.code, event.reason)
    }
    // A failed opening is told by close too; without a listener it would be an unhandled error.
    socket.onerror = () => {}
  }

  #hear(text: string): void {
    const { tally, startMs } = this.#deps
    const nowMs = performance.now()
    this.#heardMs = nowMs
    const frame = JSON.parse(text) as { type: string; now_ms?: number; code?: string }
    switch (frame.type) {
      case 'view': {
        this.#attempt = 0
        tally.frames += 1
        const { foreign, violations, fix } = this.checker.check(frame as ViewFrame)
        if (foreign) tally.foreign += 1
        tally.violations += violations
        if (fix === undefined) return
        if (fix.intendedMs === undefined) tally.backlogSeen += 1
        else tally.latency.add(nowMs - startMs - fix.intendedMs)
        return
      }
      case 'beat':
        this.#socket?.send(`{"type":"ack","now_ms":${frame.now_ms}}`)
        return
      case 'error':
        bump(tally.refusals, frame.code ?? 'unknown')
    }
  }

  #lost(code: number, reason: string): void {
    this.#socket = undefined
    this.isOpen = false
    this.#settle()
    if (this.#stopped || FOR_GOOD.has(code)) return
    if (code === CLOSE.token_ended) {
      if (!this.#refreshed) void this.#refresh()
      return
    }
    this.#retry = setTimeout(() => this.#open(), this.#waitMs(code, reason))
  }

  /** Uniform backoff, so that many do not come back at once; after a restart exactly what the server asked for. */
  #waitMs(code: number, reason: string): number {
    const asked = code === CLOSE.restart ? retryAfterMs(reason) : undefined
    if (asked !== undefined) return asked
    const limitMs = Math.min(BACKOFF.longestMs, BACKOFF.firstMs * 2 ** this.#attempt)
    this.#attempt += 1
    return this.#deps.random() * limitMs
  }

  async #refresh(): Promise<void> {
    this.#refreshed = true
    try {
      this.#target.token = await this.#target.refreshToken()
      if (!this.#stopped) this.#open()
    } catch {
      bump(this.#deps.tally.refusals, 'token_refresh_failed')
    }
  }

  #settle(): void {
    this.#onSettled?.()
    this.#onSettled = undefined
  }
}

/** The wait that a server asks for in the reason of a 1012 close. */
export function retryAfterMs(reason: string): number | undefined {
  const ms = /retry_after_ms\D{0,4}(\d+)/.exec(reason)?.[1]
  return ms === undefined ? undefined : Number(ms)
}
