/** How large a send may be: what Kafka takes of one partition at once, and what kafkajs packs in reasonable time. */

/** A record on its way, its partition chosen by us. */
export interface LaneRecord {
  partition: number
  key: string | null
  value: string | null
  headers: Readonly<Record<string, string>>
}

/** What a batch takes besides its records. */
export const BATCH_BYTES = 100

/** About what a record takes besides its texts. */
const RECORD_BYTES = 40

/** kafkajs groups a send's records by partition at a cost that rises with their square. */
export const MAX_SEND_RECORDS = 1_000

/** What a record takes of a batch: an upper bound, exact for the value, which is most of it. */
export function bytesOf({ key, value, headers }: LaneRecord): number {
  let bytes = RECORD_BYTES + 3 * (key?.length ?? 0) + (value === null ? 0 : Buffer.byteLength(value))
  for (const name in headers) bytes += 8 + 3 * (name.length + (headers[name] as string).length)
  return bytes
}

/** The records in their order, parted into sends; as if all were of one partition, since they may be. */
export function chunksOf(records: readonly LaneRecord[], maxBatchBytes: number): LaneRecord[][] {
  const chunks: LaneRecord[][] = []
  let bytes = 0
  for (const record of records) {
    const own = bytesOf(record)
    const last = chunks.at(-1)
    if (last === undefined || last.length >= MAX_SEND_RECORDS || bytes + own > maxBatchBytes) {
      chunks.push([record])
      bytes = BATCH_BYTES + own
    } else {
      last.push(record)
      bytes += own
    }
  }
  return chunks
}
