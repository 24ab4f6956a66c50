/** The value of a record in `delivery.location.v1`: what ingest appends, what any other program may append too. */

import type { Fix } from './fix'
import { isId } from './id'

/** A record in the wire's names. The seed's five names (partner, order, lat, lng, timestamp in seconds) are always there. */
export interface LocationRecord {
  partner_id: string
  order_id: string
  lat: number
  lng: number
  /** Epoch seconds, as the seed wrote it. */
  timestamp: number
  /** What the phone's clock said, epoch ms. */
  device_time_ms: number
  /** The same brought to our clock, epoch ms. */
  fix_time_ms: number
  received_ms: number
  /** The assignment that ingest saw; undefined when another program wrote the record. 0 with `vouched`. */
  assignment?: number
  /** True when a token named the order and no table knew it. */
  vouched?: true
  accuracy_m?: number
  speed_mps?: number
  heading_deg?: number
  altitude_m?: number
  battery?: number
  id?: string
}

/** Header that marks a record as written by zlt; a record without it is another program's. */
export const OURS = { zlt: '1' } as const

/** Builds the value of one record; `fixTimeMs` comes from `correctTimes`. */
export function encodeRecord(
  fix: Fix,
  of: {
    partnerId: string
    orderId: string
    assignment: number
    vouched: boolean
    fixTimeMs: number
    receivedMs: number
  },
): string {
  const record: LocationRecord = {
    partner_id: of.partnerId,
    order_id: of.orderId,
    lat: fix.lat,
    lng: fix.lng,
    timestamp: Math.floor(of.fixTimeMs / 1000),
    device_time_ms: fix.device_time_ms ?? of.receivedMs,
    fix_time_ms: of.fixTimeMs,
    received_ms: of.receivedMs,
    assignment: of.assignment,
  }
  if (of.vouched) record.vouched = true
  if (fix.accuracy_m !== undefined) record.accuracy_m = fix.accuracy_m
  if (fix.speed_mps !== undefined) record.speed_mps = fix.speed_mps
  if (fix.heading_deg !== undefined) record.heading_deg = fix.heading_deg
  if (fix.altitude_m !== undefined) record.altitude_m = fix.altitude_m
  if (fix.battery !== undefined) record.battery = fix.battery
  if (fix.id !== undefined) record.id = fix.id
  return JSON.stringify(record)
}

/** Why a record cannot be read; it is set aside with this reason and never fatal. */
export type PoisonReason = 'null_value' | 'bad_json' | 'wrong_shape'

/**
 * Reads a record's value. Ours is trusted in shape; another program's is checked, completed and clamped: its times may
 * not lie after `appendedMs`, and it carries no assignment.
 */
export function parseRecord(value: string | null, ours: boolean, appendedMs: number): LocationRecord | PoisonReason {
  if (value === null) return 'null_value'
  let raw: unknown
  try {
    raw = JSON.parse(value)
  } catch {
    return 'bad_json'
  }
  if (typeof raw !== 'object' || raw === null) return 'wrong_shape'
  const r = raw as Partial<LocationRecord>
  if (!isId(r.partner_id) || !isId(r.order_id)) return 'wrong_shape'
  if (!within(r.lat, -90, 90) || !within(r.lng, -180, 180)) return 'wrong_shape'
  if (ours) {
    const timesAreNumbers = isNumber(r.fix_time_ms) && isNumber(r.received_ms) && isNumber(r.device_time_ms)
    return timesAreNumbers && isNumber(r.assignment) ? (raw as LocationRecord) : 'wrong_shape'
  }
  return completeForeign(r as LocationRecord, appendedMs)
}

function completeForeign(r: LocationRecord, appendedMs: number): LocationRecord | PoisonReason {
  if (!isNumber(r.timestamp) && !isNumber(r.fix_time_ms)) return 'wrong_shape'
  const deviceTimeMs = isNumber(r.fix_time_ms) ? r.fix_time_ms : Math.round(r.timestamp * 1000)
  const fixTimeMs = Math.min(deviceTimeMs, appendedMs)
  const record: LocationRecord = {
    partner_id: r.partner_id,
    order_id: r.order_id,
    lat: r.lat,
    lng: r.lng,
    timestamp: Math.floor(fixTimeMs / 1000),
    device_time_ms: deviceTimeMs,
    fix_time_ms: fixTimeMs,
    received_ms: appendedMs,
  }
  if (within(r.accuracy_m, 0, 1e6)) record.accuracy_m = r.accuracy_m
  if (within(r.speed_mps, 0, 500)) record.speed_mps = r.speed_mps
  if (within(r.heading_deg, 0, 360)) record.heading_deg = r.heading_deg
  if (isId(r.id)) record.id = r.id
  return record
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function within(value: unknown, min: number, max: number): value is number {
  return isNumber(value) && value >= min && value <= max
}
