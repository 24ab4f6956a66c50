import type { OrderPart, OrderStatus } from '../../src/domain/view.ts'
import { strings } from './strings.ts'

/** One step of the line that fills. */
export type Stage = {
  key: 'created' | 'assigned' | 'picked_up' | 'on_the_way' | 'delivered' | 'cancelled'
  label: string
  state: 'done' | 'current' | 'ahead'
  atMs?: number
}

/** The steps of an order with their times; a cancelled one ends where it was. */
export function stagesOf(order: OrderPart | undefined): Stage[] {
  const words = strings.stages
  const timeOf = (status: OrderStatus) => order?.timeline.findLast((entry) => entry.status === status)?.at_ms
  const handedOver = (order?.timeline.filter(({ status }) => status === 'assigned').length ?? 0) > 1
  const stages: Omit<Stage, 'state'>[] = [
    { key: 'created', label: words.created, ...at(timeOf('created')) },
    { key: 'assigned', label: handedOver ? words.reassigned : words.assigned, ...at(timeOf('assigned')) },
    { key: 'picked_up', label: words.pickedUp, ...at(timeOf('picked_up')) },
    { key: 'on_the_way', label: words.onTheWay },
    { key: 'delivered', label: words.delivered, ...at(timeOf('delivered')) },
  ]
  if (order?.status === 'cancelled') {
    const reached = stages
      .filter(({ atMs }) => atMs !== undefined)
      .map((stage) => ({ ...stage, state: 'done' as const }))
    return [...reached, { key: 'cancelled', label: words.cancelled, ...at(timeOf('cancelled')), state: 'current' }]
  }
  const reached = reachedIndex(order)
  return stages.map((stage, i) => ({
    ...stage,
    state: i < reached || (i === reached && stage.key === 'delivered') ? 'done' : i === reached ? 'current' : 'ahead',
  }))
}

/** How much of the line is filled, 0 … 1. */
export function progressOf(stages: Stage[]): number {
  const last = stages.findLastIndex(({ state }) => state !== 'ahead')
  return last < 0 ? 0 : last / (stages.length - 1)
}

function at(atMs: number | undefined): { atMs?: number } {
  return atMs === undefined ? {} : { atMs }
}

function reachedIndex(order: OrderPart | undefined): number {
  switch (order?.status) {
    case 'created':
      return 0
    case 'assigned':
      return 1
    case 'picked_up':
      return order.stops_before > 0 ? 2 : 3
    case 'delivered':
      return 4
    default:
      return -1
  }
}
