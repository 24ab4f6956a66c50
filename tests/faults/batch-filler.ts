/** One rider with a long backlog: full requests, one after the other, as fast as they are answered. */

import { MAX_BATCH } from '../../cli/simulate/plan-rider.ts'
import { targetOfOwn } from '../../cli/simulate/target.ts'
import type { ServerUnderTest } from './server-under-test.ts'

/** An answer, as far as these runs look at it. */
export interface Answer {
  status: number
  code: string
  retryAfter: string | null
}

export class BatchFiller {
  #made = 0

  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly acknowledged: Set<string>,
  ) {}

  /** Makes its order on a running server; what is acknowledged is added to `acknowledged`. */
  static async open(server: ServerUnderTest, acknowledged: Set<string>): Promise<BatchFiller> {
    const target = await targetOfOwn(server, 7_200)
    await target.backend.createOrder('filler', { vehicle: 'car' })
    await target.backend.assignOrder('filler', 'filler-rider')
    const token = await target.tokenFor('filler', 'DELIVERY_PARTNER', 'filler-rider')
    return new BatchFiller(server.url, token, acknowledged)
  }

  /** Posts one full request. */
  async post(count = MAX_BATCH): Promise<Answer> {
    const nowMs = Date.now()
    const fixes = Array.from({ length: count }, (_, i) => ({
      order_id: 'filler',
      lat: 47.1,
      lng: 9.5,
      fix_time_ms: nowMs - count + i,
      id: `f-${this.#made + i}`,
    }))
    this.#made += count
    const response = await fetch(`${this.url}/location`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(fixes),
    })
    const answer = await readAnswer(response)
    if (answer.status === 202) for (const { id } of fixes) this.acknowledged.add(id)
    return answer
  }
}

/** Reads an answer to its end. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body = (await response.json()) as { code?: string }
  return { status: response.status, code: body.code ?? '', retryAfter: response.headers.get('retry-after') }
}
