/** One GPS reading as a rider sends it: parsed once, by one table that the API document is made from too. */

import type { Fault } from '../errors'
import { ID_PATTERN, isId } from './id'

/** A fix in the wire's names. `timestamp` is gone after parsing: `device_time_ms` holds what the phone said, if it said anything. */
export interface Fix {
  partner_id?: string
  order_id?: string
  lat: number
  lng: number
  device_time_ms?: number
  accuracy_m?: number
  speed_mps?: number
  heading_deg?: number
  altitude_m?: number
  battery?: number
  id?: string
}

interface NumberField {
  name: keyof Fix | 'timestamp' | 'fix_time_ms'
  min: number
  max: number
  /** Phones say −1 for "unknown" (iOS does for speed, course and accuracy): taken as absent. */
  minusOneIsUnknown?: true
  required?: true
  about: string
}

const YEAR_2000_MS = 946_684_800_000
const YEAR_2100_MS = 4_102_444_800_000

const ID_FIELDS = [
  { name: 'partner_id', about: 'must be the token’s subject when given' },
  { name: 'order_id', about: 'the order this fix is for; without it, every visible order of the rider' },
  { name: 'id', about: 'the sender’s own id of this fix; a repeated one is a duplicate' },
] as const

const NUMBER_FIELDS: readonly NumberField[] = [
  { name: 'lat', min: -90, max: 90, required: true, about: 'degrees north, WGS 84' },
  { name: 'lng', min: -180, max: 180, required: true, about: 'degrees east, WGS 84' },
  { name: 'accuracy_m', min: 0, max: 1e6, minusOneIsUnknown: true, about: 'metres, 68 % radius' },
  { name: 'speed_mps', min: 0, max: 500, minusOneIsUnknown: true, about: 'metres per second' },
  { name: 'heading_deg', min: 0, max: 360, minusOneIsUnknown: true, about: 'degrees clockwise from north' },
  { name: 'altitude_m', min: -20_000, max: 100_000, about: 'metres above the ellipsoid' },
  { name: 'battery', min: 0, max: 100, minusOneIsUnknown: true, about: 'per cent' },
]

/** The form of a fix as JSON Schema (2020-12), made from the table that parses it. */
export function fixSchema(): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const { name, about } of ID_FIELDS) {
    properties[name] = { type: 'string', pattern: ID_PATTERN, description: about }
  }
  for (const { name, min, max, about, minusOneIsUnknown } of NUMBER_FIELDS) {
    const description = minusOneIsUnknown ? `${about}; -1 means unknown` : about
    properties[name] = { type: 'number', minimum: minusOneIsUnknown ? -1 : min, maximum: max, description }
  }
  properties.timestamp = { type: 'number', description: 'epoch seconds of the fix, years 2000–2100' }
  properties.fix_time_ms = { type: 'number', description: 'epoch milliseconds of the fix; wins over timestamp' }
  return { type: 'object', required: ['lat', 'lng'], properties }
}

/**
 * Reads one fix from parsed JSON. Unknown members are ignored and `null` counts as absent, so that phones may send
 * more than we know.
 * @param pointer JSON Pointer of `input` within the body, `''` for the whole
 * @param faults receives everything that is wrong; the fix is undefined exactly when something was added
 */
export function parseFix(input: unknown, pointer: string, faults: Fault[]): Fix | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    faults.push({ pointer, code: 'wrong_type', detail: 'a fix is a JSON object with lat and lng' })
    return undefined
  }
  const before = faults.length
  const raw = input as Record<string, unknown>
  const fix: Record<string, unknown> = {}
  for (const field of NUMBER_FIELDS) {
    const value = raw[field.name]
    if (value === undefined || value === null) {
      if (field.required) {
        faults.push({ pointer: `${pointer}/${field.name}`, code: 'required', detail: `${field.name} is missing` })
      }
    } else if (typeof value !== 'number' || !Number.isFinite(value)) {
      const detail = `${field.name} must be a number, not ${describe(value)}`
      faults.push({ pointer: `${pointer}/${field.name}`, code: 'wrong_type', detail })
    } else if (value >= field.min && value <= field.max) {
      fix[field.name] = value
    } else if (!(field.minusOneIsUnknown && value === -1)) {
      const detail = `${field.name} must be from ${field.min} to ${field.max}, not ${value}`
      faults.push({ pointer: `${pointer}/${field.name}`, code: 'out_of_range', detail })
    }
  }
  for (const { name } of ID_FIELDS) {
    const value = raw[name]
    if (value === undefined || value === null) continue
    if (isId(value)) fix[name] = value
    else {
      const code = typeof value === 'string' ? 'invalid_id' : 'wrong_type'
      faults.push({ pointer: `${pointer}/${name}`, code, detail: `${name} must be 1–64 of A-Za-z0-9._:-` })
    }
  }
  parseTime(raw, pointer, fix, faults)
  return faults.length === before ? (fix as unknown as Fix) : undefined
}

function parseTime(raw: Record<string, unknown>, pointer: string, fix: Record<string, unknown>, faults: Fault[]): void {
  const inMs = raw.fix_time_ms !== undefined && raw.fix_time_ms !== null
  const name = inMs ? 'fix_time_ms' : 'timestamp'
  const value = raw[name]
  if (value === undefined || value === null) return
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const detail = `${name} must be a number, not ${describe(value)}`
    faults.push({ pointer: `${pointer}/${name}`, code: 'wrong_type', detail })
    return
  }
  const timeMs = Math.round(inMs ? value : value * 1000)
  if (timeMs >= YEAR_2000_MS && timeMs < YEAR_2100_MS) {
    fix.device_time_ms = timeMs
    return
  }
  const hint = inMs ? 'it is epoch milliseconds' : 'it is epoch seconds; use fix_time_ms for milliseconds'
  faults.push({
    pointer: `${pointer}/${name}`,
    code: 'time_unit',
    detail: `${name} ${value} is not in 2000–2100: ${hint}`,
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return 'text'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `${value}`
}
