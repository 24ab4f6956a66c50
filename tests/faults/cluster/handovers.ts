/** Orders that change hands and end while both riders go on sending: who may be shown is checked frame by frame. */

import { type FrameCheck, FrameChecker } from '../../../cli/simulate/check-frames.ts'
import { bump, Tally } from '../../../cli/simulate/tally.ts'
import { Viewer } from '../../../cli/simulate/viewer.ts'
import { shownPosition, type ViewFrame } from '../../../src/domain/view.ts'
import type { Cluster } from './cluster.ts'

const STEP_MS = 4_000
const FIX_MS = 500
const RETRY_MS = 200
const VIEWERS = 2

/** What was wrong, by kind. */
export type Wrongs = Record<string, number>

/** Knows which rider each assignment is. */
class HandoverChecker extends FrameChecker {
  constructor(
    orderId: string,
    private readonly riderOf: ReadonlyMap<number, string>,
    private readonly wrongs: Wrongs,
  ) {
    super(orderId, (id) => ({ k: Number(id.slice(id.lastIndexOf('-') + 1)) }))
  }

  override check(frame: ViewFrame): FrameCheck {
    const result = super.check(frame)
    const order = this.view?.order
    const { position } = frame
    if (position === undefined || order === undefined) return result
    if (position.assignment < order.assignment) bump(this.wrongs, 'a position of a rider who has the order no more')
    if (order.status === 'delivered') bump(this.wrongs, 'a position after the end')
    const shown = this.view && shownPosition(this.view)
    const rider = this.riderOf.get(order.assignment)
    if (shown?.id !== undefined && rider !== undefined && !shown.id.startsWith(rider)) {
      bump(this.wrongs, 'the place of another rider')
    }
    return result
  }
}

export class Handovers {
  readonly wrongs: Wrongs = {}
  /** Orders that went all their way. */
  completed = 0
  /** Positions that were shown at all: without them nothing was checked. */
  shown = 0
  #stopped = false
  #running: Promise<void>[] = []
  #made = 0

  constructor(private readonly cluster: Cluster) {}

  start(workers = 10): void {
    this.#running = Array.from({ length: workers }, () => this.#work())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  async #work(): Promise<void> {
    while (!this.#stopped) await this.#oneOrder(`handover-${++this.#made}`)
  }

  async #oneOrder(orderId: string): Promise<void> {
    const riders = [`${orderId}.a`, `${orderId}.b`]
    const riderOf = new Map<number, string>()
    if ((await this.#call('/orders', { id: orderId, vehicle: 'car' })) === undefined) return
    const viewers = await this.#openViewers(orderId, riderOf)
    const tokens = await Promise.all(
      riders.map((sub) => this.cluster.tokenFor({ role: 'DELIVERY_PARTNER', sub, orders: [orderId] })),
    )
    let k = 0
    const sending = setInterval(() => {
      k += 1
      for (const [i, rider] of riders.entries()) void this.#send(orderId, rider, tokens[i] as string, i, k)
    }, FIX_MS)
    try {
      for (const rider of riders) {
        const order = await this.#call(`/orders/${orderId}/assign`, { partner_id: rider })
        if (order === undefined) return
        riderOf.set(order.assignment as number, rider)
        await Bun.sleep(STEP_MS)
      }
      for (const status of ['picked_up', 'delivered']) {
        if ((await this.#call(`/orders/${orderId}/status`, { status })) === undefined) return
        await Bun.sleep(STEP_MS / 2)
      }
      this.completed += 1
    } finally {
      clearInterval(sending)
      for (const viewer of viewers) {
        this.shown += viewer.checker.seen
        viewer.stop()
      }
    }
  }

  async #openViewers(orderId: string, riderOf: ReadonlyMap<number, string>): Promise<Viewer[]> {
    const { cluster, wrongs } = this
    const token = await cluster.tokenFor({ role: 'CUSTOMER', sub: 'watcher', orders: [orderId] })
    return Promise.all(
      Array.from({ length: VIEWERS }, async () => {
        const target = {
          get url() {
            return `${cluster.balancer.fanout().url.replace('http', 'ws')}/ws?order_id=${orderId}`
          },
          token,
          refreshToken: async () => token,
        }
        const deps = { tally: new Tally(), startMs: performance.now(), random: Math.random }
        const viewer = new Viewer(deps, target, new HandoverChecker(orderId, riderOf, wrongs))
        await viewer.start()
        return viewer
      }),
    )
  }

  /** A fix a few metres on; what is refused after a hand-over or the end is refused rightly. */
  async #send(orderId: string, rider: string, token: string, side: number, k: number): Promise<void> {
    const body = {
      order_id: orderId,
      lat: 12.9 + side * 0.001 + k * 1e-5,
      lng: 77.5,
      fix_time_ms: Date.now(),
      accuracy_m: 5,
      id: `${rider}-${k}`,
    }
    await this.#request(`${this.cluster.balancer.ingest().url}/location`, token, body).catch(() => undefined)
  }

  /** Calls until it is done; undefined when stopped before. A 409 is done: its first answer was lost. */
  async #call(path: string, body: unknown): Promise<Record<string, unknown> | undefined> {
    const token = await this.cluster.tokenFor({ role: 'INTERNAL_SERVICE', sub: 'handovers' })
    while (!this.#stopped) {
      try {
        const response = await this.#request(this.cluster.auth.url + path, token, body)
        const answer = (await response.json()) as Record<string, unknown>
        if (response.ok || response.status === 409) return answer
      } catch {
        // The control plane is away: what such a run is about.
      }
      await Bun.sleep(RETRY_MS)
    }
    return undefined
  }

  #request(url: string, token: string, body: unknown): Promise<Response> {
    return fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    })
  }
}
