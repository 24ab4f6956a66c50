/** A backend that never pauses: makes orders and moves them to their end, and remembers every answer it was given. */

import { openLocalKey } from '../../cli/local-key.ts'
import { bump } from '../../cli/simulate/tally.ts'
import { configOf } from '../../src/config.ts'
import { type Answer, readAnswer } from './batch-filler.ts'
import type { ServerUnderTest } from './server-under-test.ts'

const STATUSES: readonly (string | undefined)[] = ['created', 'assigned', 'picked_up', 'delivered']

/** How far an order has come, by its status. */
export function progressOf(status: string | undefined): number {
  return STATUSES.indexOf(status)
}

const RETRY_MS = 100
/** Steps a second and worker: orders are far fewer than fixes. */
const PAUSE_MS = 20

export class OrderChurn {
  /** Of each order, the last status that an answer of 2xx has told. */
  readonly told = new Map<string, string>()
  readonly statuses: Record<string, number> = {}
  #running: Promise<void>[] = []
  #stopped = true
  #made = 0

  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async open(server: ServerUnderTest): Promise<OrderChurn> {
    const mint = await openLocalKey(configOf({ data: server.dataFolder }))
    return new OrderChurn(server.url, await mint({ sub: 'churn', role: 'INTERNAL_SERVICE', ttlS: 7_200 }))
  }

  start(workers = 4): void {
    this.#stopped = false
    this.#running = Array.from({ length: workers }, () => this.#work())
  }

  /** Resolves when nothing is under way. */
  async pause(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  /** Creates one more order, without trying again. */
  async create(): Promise<Answer> {
    this.#made += 1
    return readAnswer(await this.#post('/orders', { id: `churn-${this.#made}` }))
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      this.#made += 1
      const id = `churn-${this.#made}`
      const steps = [
        ['/orders', { id }],
        [`/orders/${id}/assign`, { partner_id: `churn-rider-${this.#made % 50}` }],
        [`/orders/${id}/status`, { status: 'picked_up' }],
        [`/orders/${id}/status`, { status: 'delivered' }],
      ] as const
      for (const [i, [path, body]] of steps.entries()) {
        if (this.#stopped || !(await this.#callUntilDone(path, body))) return
        this.told.set(id, STATUSES[i] as string)
        await Bun.sleep(PAUSE_MS)
      }
    }
  }

  /** A 409 is done too: the call before it was stored, and its answer lost. */
  async #callUntilDone(path: string, body: unknown): Promise<boolean> {
    while (!this.#stopped) {
      try {
        const response = await this.#post(path, body)
        await response.body?.cancel()
        bump(this.statuses, String(response.status))
        if (response.ok || response.status === 409) return true
      } catch {
        bump(this.statuses, 'network')
      }
      await Bun.sleep(RETRY_MS)
    }
    return false
  }

  #post(path: string, body: unknown): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    })
  }
}
