/** Which process owns an order, as the processes themselves have written it down. */

import { Partitioners } from 'kafkajs'

const PARTITIONS = 12

/** Reads the owners once. @returns the name of an order's owner, as its folder is called */
export async function ownerNames(redisUrl: string): Promise<(order: string) => string | undefined> {
  const { Redis } = await import('ioredis')
  const client = new Redis(redisUrl)
  const owners = await client.hgetall('zlt:owners')
  client.disconnect()
  const choose = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from(
    { length: PARTITIONS },
    (_, partitionId) => ({ partitionId, leader: 1 }) as never,
  )
  return (order) => {
    const partition = choose({ topic: 'delivery.location.v1', partitionMetadata, message: { key: order, value: null } })
    const node = owners[String(partition)]
    // A node is `<name>.<start>`, and the name is the process's where it was given one.
    return node?.slice(0, node.lastIndexOf('.'))
  }
}
