/** One viewer: a socket or a stream, the orders it watches, and which versions it was sent. Nothing is queued for it. */

import type { Audience, Claims } from '../domain/audience'

/** How a frame leaves: a WebSocket or server-sent events. */
export interface Sink {
  readonly kind: 'socket' | 'stream'
  /** `queued`: it will arrive, but the peer is slow; `dropped`: it will not. */
  send(frame: string): 'sent' | 'queued' | 'dropped'
  /** Asks the peer's machine for a sign of life, where the protocol has one. */
  ping(): void
  close(code: number, reason: string): void
}

/** What a viewer has of one order. */
export interface Watch {
  readonly orderId: string
  readonly viewer: Viewer
  audience: Audience
  /** Versions last sent; −1 for none. */
  orderRev: number
  positionAt: number
  positionRev: number
  /** The line it was sent last. */
  routeId?: string | undefined
  epoch: number
  /** The order was forgotten: also a token that could vouch for it sees it no more. */
  forgotten: boolean
}

export class Viewer {
  readonly watches = new Map<string, Watch>()
  /** The peer does not take frames: newer parts wait in the hub until it drains, none here. */
  blocked = false
  closed = false
  lastSentMs: number
  lastHeardMs: number
  #windowStartMs = 0
  #framesInWindow = 0

  constructor(
    readonly sink: Sink,
    public claims: Claims,
    nowMs: number,
  ) {
    this.lastSentMs = nowMs
    this.lastHeardMs = nowMs
  }

  /** Sends unless the peer is blocked. @returns whether the frame will arrive */
  send(frame: string, nowMs: number): boolean {
    if (this.blocked || this.closed) return false
    const outcome = this.sink.send(frame)
    if (outcome !== 'sent') this.blocked = true
    if (outcome === 'dropped') return false
    this.lastSentMs = nowMs
    return true
  }

  /** Whether the peer keeps to `perSecond` frames; counts this one. */
  mayTalk(perSecond: number, nowMs: number): boolean {
    // A clock that was set back would keep the window open until it has caught up.
    if (nowMs - this.#windowStartMs >= 1_000 || nowMs < this.#windowStartMs) {
      this.#windowStartMs = nowMs
      this.#framesInWindow = 0
    }
    this.#framesInWindow += 1
    return this.#framesInWindow <= perSecond
  }

  close(code: number, reason: string): void {
    if (this.closed) return
    this.closed = true
    this.sink.close(code, reason)
  }
}
