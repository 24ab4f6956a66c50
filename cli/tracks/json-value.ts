import { parseDecimal } from './decimal.ts'

/** Whether a parsed JSON value is an object, and not null or an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A number, also one in quotes; `undefined` for null and nothing, `NaN` for what is there but is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? parseDecimal(value) : Number.NaN
}
