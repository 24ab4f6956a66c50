/** Requests with fixes of riders who ride: each is newer and a few metres further than the last of its order. */

import type { Rider } from './world'

/** About 3 m of latitude. */
const STEP_DEG = 0.000_03

/** Where each order's rider is now; shared by all requests to one server. */
export class Riding {
  readonly #steps = new Map<string, number>()

  /** One request: one fix an order of `orders`; a single object when there is one, else an array. */
  request(rider: Rider, orders: readonly string[]): string {
    const body =
      orders.length === 1 ? this.#fix(orders[0] as string) : `[${orders.map((id) => this.#fix(id)).join(',')}]`
    return postRequest('/location', rider.token, body)
  }

  /** One request of `count` fixes of one order, recorded one after the other and sent together. */
  backlog(rider: Rider, order: string, count: number): string {
    const fixes = Array.from({ length: count }, (_, i) => this.#fix(order, (count - 1 - i) * 3))
    return postRequest('/location', rider.token, `[${fixes.join(',')}]`)
  }

  /** One request with one fix that carries `id`. */
  numbered(rider: Rider, order: string, id: number): string {
    return postRequest('/location', rider.token, `${this.#fix(order).slice(0, -1)},"id":"${id}"}`)
  }

  #fix(order: string, agoMs = 0): string {
    const step = (this.#steps.get(order) ?? 0) + 1
    this.#steps.set(order, step)
    // There and back again, so that a long run stays within the map.
    const along = step % 20_000
    const lat = 12.9 + (along < 10_000 ? along : 20_000 - along) * STEP_DEG
    return `{"order_id":"${order}","lat":${lat.toFixed(6)},"lng":77.594321,"fix_time_ms":${Date.now() - agoMs},"accuracy_m":8,"speed_mps":6.2,"heading_deg":90}`
  }
}

/** A POST of JSON as a phone's HTTP client would send it. */
export function postRequest(path: string, token: string, body: string, headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
}
