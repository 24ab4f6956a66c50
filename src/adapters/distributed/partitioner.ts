/**
 * Which partition a key belongs to: the same as for Kafka's own clients, so that other programs' records of an order lie
 * in the partition where its owner looks.
 */

const SEED = 0x9747b28c
const M = 0x5bd1e995
const UTF8 = new TextEncoder()

/** `toPositive(murmur2(key)) mod partitions`, over the UTF-8 bytes of the key, as `org.apache.kafka.common.utils.Utils` has it. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

function murmur2(key: string): number {
  const length = key.length
  let hash = SEED ^ length
  const whole = length & ~3
  let seen = 0
  for (let i = 0; i < whole; i += 4) {
    const [a, b, c, d] = [key.charCodeAt(i), key.charCodeAt(i + 1), key.charCodeAt(i + 2), key.charCodeAt(i + 3)]
    seen |= a | b | c | d
    hash = mixFour(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let rest = 0
  for (let i = length - 1; i >= whole; i--) {
    const code = key.charCodeAt(i)
    seen |= code
    rest = (rest << 8) | code
  }
  // A character is a byte only while all are ASCII, as ids of ours are.
  if (seen > 0x7f) return murmur2OfBytes(UTF8.encode(key))
  return finish(length === whole ? hash : Math.imul(hash ^ rest, M))
}

function murmur2OfBytes(bytes: Uint8Array): number {
  const length = bytes.length
  const whole = length & ~3
  let hash = SEED ^ length
  const at = (i: number) => bytes[i] as number
  for (let i = 0; i < whole; i += 4) {
    hash = mixFour(hash, at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24))
  }
  let rest = 0
  for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | at(i)
  return finish(length === whole ? hash : Math.imul(hash ^ rest, M))
}

function mixFour(hash: number, four: number): number {
  let k = Math.imul(four, M)
  k = Math.imul(k ^ (k >>> 24), M)
  return Math.imul(hash, M) ^ k
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), M)
  return mixed ^ (mixed >>> 15)
}
