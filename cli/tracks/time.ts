const DATE_TIME =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i
const MAX_TIME_MS = 8.64e15

/**
 * Reads a point in time as epoch milliseconds; `undefined` when it is none.
 *
 * Takes ISO 8601 with `T` or a blank, `-` or `/` in the date, any number of decimals (cut to milliseconds), and a zone
 * (`Z`, `+02`, `+0200`, `+02:00`); **without a zone it is UTC**, whatever this machine's zone is. A number, or digits
 * alone, is an epoch whose unit follows from its size: below 1e11 seconds, below 1e14 milliseconds, below 1e17
 * microseconds, else nanoseconds. A date that does not exist (February 30th) is none.
 */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (NUMBER.test(text)) return fromEpoch(Number(text))
  const match = DATE_TIME.exec(text)
  return match ? fromParts(match) : undefined
}

function fromEpoch(value: number): number | undefined {
  const size = Math.abs(value)
  if (!(size < MAX_TIME_MS * 1e6)) return undefined
  if (size < 1e11) return Math.round(value * 1000)
  if (size < 1e14) return Math.round(value)
  return Math.round(size < 1e17 ? value / 1e3 : value / 1e6)
}

function fromParts(match: RegExpExecArray): number | undefined {
  const part = (index: number) => Number(match[index] ?? 0)
  const year = part(1)
  const month = part(2)
  const day = part(3)
  const hour = part(4)
  const minute = part(5)
  const second = part(6)
  // 60 is a leap second, and 24:00 the end of the day: both are valid ISO 8601 and roll over.
  if (month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 60) return undefined
  if (hour === 24 && (minute > 0 || second > 0)) return undefined
  const date = new Date(0)
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCDate() !== day) return undefined
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const zoneMinutes = parseZone(match[8])
  if (zoneMinutes === undefined) return undefined
  return date.getTime() + ((hour * 60 + minute - zoneMinutes) * 60 + second) * 1000 + milliseconds
}

function parseZone(zone: string | undefined): number | undefined {
  if (zone === undefined || /^[a-z]/i.test(zone)) return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2))
  if (hours > 18 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
