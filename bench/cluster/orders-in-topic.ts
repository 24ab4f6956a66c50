/** Orders put straight into the topic of facts: what creating and assigning each by the API leaves there. */

import { Kafka, logLevel } from 'kafkajs'
import { assignOrder, createOrder } from '../../src/domain/order'

const TOPIC = 'delivery.order.v1'
const BATCH = 2_000

export function orderName(n: number): string {
  return `order-${n}`
}

/** One rider an order. */
export function riderName(n: number): string {
  return `rider-${n}`
}

/** Publishes `count` orders in hand, visible, of one rider each. The auth process must not start again after it. */
export async function publishOrders(brokers: string[], count: number): Promise<void> {
  const producer = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  const atMs = Date.now() - 60_000
  for (let from = 0; from < count; from += BATCH) {
    const messages = []
    for (let n = from; n < Math.min(count, from + BATCH); n++) {
      messages.push({ key: orderName(n), value: JSON.stringify(orderInHand(n, atMs)) })
    }
    await producer.send({ topic: TOPIC, messages, acks: -1 })
  }
  await producer.disconnect()
}

function orderInHand(n: number, atMs: number) {
  const input = { customer_id: `customer-${n}`, drop: { lat: 12.98, lng: 77.6, name: 'Home' } }
  const order = assignOrder(createOrder(orderName(n), input, atMs), riderName(n), atMs + 1)
  if (order === 'illegal') throw new Error('a new order can be assigned')
  return { ...order, visible: true }
}
