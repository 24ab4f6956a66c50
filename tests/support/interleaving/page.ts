/** A viewer's page: merges the frames it gets with the product's own function, and checks each of them. */

import { type Audience, type Claims, projectOrder } from '../../../src/domain/audience'
import { hasEnded, vouchedOrder } from '../../../src/domain/order'
import { decodePolyline } from '../../../src/domain/polyline'
import {
  isNewerPosition,
  mergeView,
  type PositionPart,
  routeOf,
  type View,
  type ViewFrame,
} from '../../../src/domain/view'
import { Viewer } from '../../../src/fanout/viewer'
import { foreignPlaces, nameOf } from './places'
import type { World } from './world'

export class Page {
  view: View | undefined
  viewer: Viewer
  isOpen = true
  outcome: 'sent' | 'queued' | 'dropped' = 'sent'
  /** Whether everything in `view` came by this connection. */
  #isFresh = true

  constructor(
    private readonly world: World,
    readonly orderId: string,
    readonly audience: Audience,
  ) {
    this.viewer = this.connect()
  }

  get claims(): Claims {
    const role = this.audience === 'ops' ? 'INTERNAL_SERVICE' : 'CUSTOMER'
    return { sub: 'c1', role, orders: [this.orderId], exp: 4e9 }
  }

  /** A new socket for the page; it keeps what it knows. */
  connect(): Viewer {
    this.#isFresh = this.view === undefined
    this.isOpen = true
    this.outcome = 'sent'
    this.viewer = new Viewer(
      {
        kind: 'socket',
        send: (text) => {
          if (this.outcome !== 'dropped') this.#take(JSON.parse(text) as ViewFrame | { type: 'end' })
          return this.outcome
        },
        ping() {},
        close: () => {
          this.isOpen = false
        },
      },
      this.claims,
      this.world.nowMs,
    )
    return this.viewer
  }

  get shown(): PositionPart | undefined {
    return this.view && this.world.seams.shown(this.view)
  }

  #take(frame: ViewFrame | { type: 'end' }): void {
    if (frame.type !== 'view') return
    const before = this.view
    this.view = mergeView(before, frame)
    this.world.count('frames')
    this.#checkOrder(before, this.view)
    this.#checkNeverBack(before, this.view)
    this.#checkShown(this.view)
    this.#checkWay(frame)
    const { position } = frame
    if (position !== undefined && this.#isFresh && this.shown !== position && this.view.position === position) {
      throw new Error(`sent what may not be shown: ${JSON.stringify(this.view)}`)
    }
  }

  /** Once all has caught up, the line that the position names is at hand. */
  checkLine(): void {
    const { view, shown } = this
    if (shown?.route_id === undefined || view === undefined) return
    this.world.count('end: line')
    if (routeOf(view, shown) === undefined) throw new Error(`the line ${shown.route_id} never came`)
  }

  /** Numbers that can be, and no line past another customer's door. */
  #checkWay({ position, route }: ViewFrame): void {
    if (position?.eta !== undefined) {
      const { earliest_ms, arrival_ms, latest_ms } = position.eta
      const isRange = earliest_ms <= arrival_ms && arrival_ms <= latest_ms
      if (!isRange || !((position.remaining_m ?? -1) >= 0)) throw new Error(`no way: ${JSON.stringify(position)}`)
    }
    if (route === undefined) return
    this.world.count('lines sent')
    if (this.audience !== 'customer') return
    const points = decodePolyline(route.polyline, route.precision).map(nameOf)
    const foreign = foreignPlaces(this.orderId).find((place) => points.includes(place))
    if (foreign !== undefined) throw new Error(`a customer of ${this.orderId} was sent another’s door: ${foreign}`)
  }

  #checkOrder(before: View | undefined, { order, order_id }: View): void {
    if (order === undefined) throw new Error('a view without its order')
    if (before?.order !== undefined && order.rev < before.order.rev) throw new Error('the order went back')
    const truth = order.rev === 0 ? vouchedOrder(order_id) : this.world.facts.at(order_id, order.rev)
    if (truth === undefined) throw new Error(`revision ${order.rev} never was`)
    if (JSON.stringify(order) !== JSON.stringify(projectOrder(truth, this.audience))) {
      throw new Error(`not what the order was at ${order.rev}: ${JSON.stringify(order)}`)
    }
  }

  /** Offsets never start again in the model, so whatever the epoch says: a position may not go back. */
  #checkNeverBack(before: View | undefined, { position }: View): void {
    if (before?.position === undefined) return
    if (position === undefined) throw new Error('a position was lost')
    if (isNewerPosition(before.position, position)) {
      throw new Error(`the position went back from ${before.position.at} to ${position.at}`)
    }
  }

  #checkShown({ order, order_id }: View): void {
    const { shown } = this
    if (order === undefined || shown === undefined) return
    this.world.count('shown')
    const truth = order.rev === 0 ? vouchedOrder(order_id) : this.world.facts.at(order_id, order.rev)
    if (truth === undefined || !truth.visible || hasEnded(truth)) throw new Error('shown while not visible')
    const record = this.world.recordOf(order_id, shown.id ?? '')
    if (record === undefined) throw new Error(`fix ${shown.id} was never sent for ${order_id}`)
    if (record.assignment !== undefined && record.assignment !== truth.assignment) {
      throw new Error(`shown under ${truth.assignment}, sent under ${record.assignment}`)
    }
    if (truth.rev > 0 && record.partner_id !== this.world.facts.riderOf(order_id, truth.assignment)) {
      throw new Error(`shows ${record.partner_id}, who does not have the order`)
    }
  }
}
