/**
 * The control: what one would write first. A process with kafkajs and `Bun.serve` that consumes all of the topic and sends
 * each record to the sockets that asked for its order. `bun bench/cluster/relay.ts BROKER` prints its port.
 */

import { Kafka, logLevel } from 'kafkajs'

const sockets = new Map<string, Set<Bun.ServerWebSocket<{ order: string }>>>()
const server = Bun.serve<{ order: string }>({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, self) {
    const order = new URL(request.url).searchParams.get('order_id') ?? ''
    return self.upgrade(request, { data: { order } }) ? undefined : new Response('no', { status: 400 })
  },
  websocket: {
    open(socket) {
      const all = sockets.get(socket.data.order) ?? new Set()
      sockets.set(socket.data.order, all.add(socket))
    },
    close: (socket) => void sockets.get(socket.data.order)?.delete(socket),
    message() {},
  },
})

const kafka = new Kafka({ clientId: 'relay', brokers: process.argv.slice(2), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `relay-${crypto.randomUUID()}`, maxWaitTimeInMs: 100, minBytes: 1 })
await consumer.connect()
await consumer.subscribe({ topic: 'delivery.location.v1' })
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch }) {
    for (const { key, value } of batch.messages) {
      const watching = sockets.get(String(key))
      if (watching === undefined || value === null) continue
      const { order_id, ...position } = JSON.parse(value.toString())
      const frame = JSON.stringify({ type: 'view', order_id, position })
      for (const socket of watching) socket.send(frame)
    }
  },
})
console.log(server.port)
