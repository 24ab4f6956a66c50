/**
 * A node in a process of its own: reads commands as JSON lines, writes what its inbox is told. Arguments: URL and id.
 *
 * Commands: `{"send": to, "orders": […]}`, `{"claim": partition}`. Lines: `{"open": id}`, `{"from", "order"}`,
 * `{"gap" | "absent" | "expired": node}`, `{"emptied": whether it slept}`.
 */

import { createInterface } from 'node:readline'
import { RedisMail } from '../../../src/adapters/distributed/mail.ts'
import { RedisConnections } from '../../../src/adapters/distributed/redis-client.ts'
import { Metrics } from '../../../src/metrics.ts'

const [url = '', self = ''] = process.argv.slice(2)
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const metrics = new Metrics()
const onError = (error: unknown) => void process.stderr.write(`${error}\n`)
const mail = new RedisMail({
  self,
  redis: new RedisConnections({ redis: url }, { metrics, onError }),
  metrics,
  onError,
})
await mail.open({
  receive(from, messages) {
    for (const message of messages) if (message.type === 'unwatch') tell({ from, order: message.order })
  },
  gap: (node) => void tell({ gap: node }),
  absent: (node) => void tell({ absent: node }),
  expired: (node) => void tell({ expired: node }),
  emptied: (slept) => void tell({ emptied: slept }),
})
tell({ open: self })
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  if (command.claim !== undefined) await mail.claim(command.claim)
  if (command.send !== undefined) {
    mail.send(
      command.send,
      command.orders.map((order: string) => ({ type: 'unwatch', order })),
    )
  }
}
