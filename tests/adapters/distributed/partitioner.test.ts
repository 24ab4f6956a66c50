/** Keys lie where Kafka's own clients would put them. */

import { expect, test } from 'bun:test'
import { Partitioners } from 'kafkajs'
import { partitionOf } from '../../../src/adapters/distributed/partitioner.ts'

const theirs = Partitioners.DefaultPartitioner()
const metadata = (partitions: number) =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
    partitionErrorCode: 0,
  }))
const expected = (key: string, partitions: number) =>
  theirs({ topic: 't', partitionMetadata: metadata(partitions), message: { key, value: '' } })

const ALPHABETS = ['ABCxyz0189._:-', 'aé', 'Zürich東京Ελ', '🛵👩‍🍳', '\u0000\u007f\u0080\u07ff\u0800\uffff', '\ud800a']

test('as Kafka’s default partitioner, for thousands of keys of any script', () => {
  const wrong: string[] = []
  for (const alphabet of ALPHABETS) {
    const letters = [...alphabet]
    for (let i = 0; i < 700; i++) {
      const key = Array.from({ length: i % 40 }, (_, j) => letters[(i * 7 + j * j * 3) % letters.length]).join('')
      for (const partitions of [1, 3, 12, 1_024]) {
        if (partitionOf(key, partitions) !== expected(key, partitions)) wrong.push(key)
      }
    }
  }
  expect(wrong).toEqual([])
})

test('keys spread over all partitions', () => {
  const found = new Set(Array.from({ length: 200 }, (_, i) => partitionOf(`order-${i}`, 12)))
  expect(found.size).toBe(12)
})
