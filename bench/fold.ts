/**
 * What one fold costs, beside a control that only parses the same records and keeps the newest of each order.
 *
 * CPU time, of all threads, so that a busy machine does not count; the median of several runs. A line of 2,000 points is
 * made ready once an order, with its first record of 100. `bun bench/fold.ts [runs]`
 */

import { encodeRecord, OURS } from '../src/domain/location-record'
import type { Order } from '../src/domain/order'
import { encodePolyline } from '../src/domain/polyline'
import { Partition } from '../src/fanout/partition'
import type { StoredRecord } from '../src/ports/log'

const RECORDS = 100_000
/** As many as one batch of the log brings. */
const BATCH = 500
const T0 = 1_760_000_000_000

interface Case {
  name: string
  orders: number
  /** Every how many records one comes 20 s late; 0 for never. */
  lateEvery: number
  /** What the order says of its way: nothing, a drop (straight lines), or a line of so many points. */
  way?: 'drop' | number
}

const CASES: Case[] = [
  { name: '1,000 orders, in order', orders: 1_000, lateEvery: 0 },
  { name: '1,000 orders, every third late', orders: 1_000, lateEvery: 3 },
  { name: '50,000 orders, in order', orders: 50_000, lateEvery: 0 },
  { name: '1,000 orders with a drop', orders: 1_000, lateEvery: 0, way: 'drop' },
  { name: '1,000 orders, lines of 2,000 points', orders: 1_000, lateEvery: 0, way: 2_000 },
]

function recordsOf({ orders, lateEvery }: Case): StoredRecord[] {
  const everyMs = 2_000
  return Array.from({ length: RECORDS }, (_, i) => {
    const order = i % orders
    const round = Math.floor(i / orders)
    const receivedMs = T0 + round * everyMs + 1_000
    const isLate = lateEvery > 0 && round > 0 && i % lateEvery === 0
    const fixTimeMs = receivedMs - 100 - (isLate ? 20_000 + (i % 7) * 900 : 0)
    const fix = {
      lat: 47 + order * 1e-5 + round * 1e-4,
      lng: 9.5,
      device_time_ms: fixTimeMs,
      accuracy_m: 8,
      id: `f${i}`,
    }
    const of = { partnerId: `r${order}`, orderId: `o${order}`, assignment: T0, vouched: false, fixTimeMs, receivedMs }
    return { at: i + 1, key: `o${order}`, value: encodeRecord(fix, of), headers: OURS, appendedMs: receivedMs }
  })
}

function ordersOf({ orders, way }: Case): Map<string, Order> {
  const table = new Map<string, Order>()
  for (let i = 0; i < orders; i++) {
    const state = { status: 'picked_up' as const, timeline: [], assignment: T0, visible: true, stops_before: 0 }
    table.set(`o${i}`, { id: `o${i}`, rev: T0, partner_id: `r${i}`, ...state, ...wayOf(i, way) })
  }
  return table
}

/** The rider of order `i` goes north at 5.5 m/s; the line winds around that, 1.5 m to each side. */
function wayOf(i: number, way: Case['way']): Partial<Order> {
  if (way === undefined) return {}
  const lat = 47 + i * 1e-5
  const drop = { lat: lat + 0.02, lng: 9.5 }
  if (way === 'drop') return { drop }
  const points = Array.from({ length: way }, (_, n) => {
    return { lat: lat + (0.02 * n) / (way - 1), lng: 9.5 + 2e-5 * Math.sin(n / 5) }
  })
  return { drop, route: { polyline: encodePolyline(points, 6), precision: 6 } }
}

/** @returns microseconds of CPU a record */
function timeBatches(records: readonly StoredRecord[], take: (batch: StoredRecord[]) => void): number {
  const started = process.cpuUsage()
  for (let i = 0; i < records.length; i += BATCH) take(records.slice(i, i + BATCH))
  const { user, system } = process.cpuUsage(started)
  return (user + system) / records.length
}

function timeFold(records: readonly StoredRecord[], table: ReadonlyMap<string, Order>): number {
  let positions = 0
  const partition = new Partition({
    order: (id) => table.get(id),
    onDrop() {},
    onPoison: (reason) => {
      throw new Error(reason)
    },
    onPosition: () => {
      positions += 1
    },
    onBroken: (_order, error) => {
      throw error
    },
  })
  const us = timeBatches(records, (batch) => {
    partition.take(partition.read(batch), T0)
    partition.takeUnsaved(BATCH)
  })
  if (positions < records.length / 2) throw new Error(`only ${positions} positions of ${records.length} records`)
  return us
}

function timeControl(records: readonly StoredRecord[]): number {
  const newest = new Map<string, unknown>()
  return timeBatches(records, (batch) => {
    for (const { key, value } of batch) newest.set(key ?? '', JSON.parse(value ?? ''))
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

const runs = Math.max(5, Number(process.argv[2] ?? 7))
const prepared = CASES.map((one) => ({
  ...one,
  records: recordsOf(one),
  table: ordersOf(one),
  fold: [] as number[],
  control: [] as number[],
}))
for (let run = 0; run <= runs; run++) {
  for (const { records, table, fold, control } of prepared) {
    const measured = [timeControl(records), timeFold(records, table)] as const
    // The first run is for the compiler.
    if (run === 0) continue
    control.push(measured[0])
    fold.push(measured[1])
  }
}
console.log(`µs of CPU a record, medians of ${runs} runs over ${RECORDS} records`)
console.log(`${''.padEnd(34)} control   read + fold   over control`)
for (const { name, fold, control } of prepared) {
  const [folded, parsed] = [median(fold), median(control)]
  const columns = [
    parsed.toFixed(2).padStart(7),
    folded.toFixed(2).padStart(13),
    (folded - parsed).toFixed(2).padStart(14),
  ]
  console.log(`${name.padEnd(34)} ${columns.join(' ')}`)
}
