/** The kinds of values that settings have: how each is read from text or JSON, and how it is written back. */

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** One kind of value. `parse` throws a plain `Error` whose message says what to write instead. */
export interface Kind<T> {
  /** What to write, in a few words; shown in the reference. */
  readonly form: string
  /** The same as one word, or the choices with bars between; shown in help. */
  readonly word: string
  /** Reads a flag's or variable's text, or a value of the JSON file. */
  parse(raw: unknown): T
  /** Writes a value in the form that `parse` reads. */
  format(value: T): string
}

/** A row of the table of settings. */
export interface Setting<T> {
  kind: Kind<T>
  /** Absent: the setting may be undefined. */
  default?: T
  meaning: string
  /** Never printed. Secrets have no flag: a command line can be read by every user of the machine. */
  secret?: true
  /** The value can hold a password, so that it too may be in a file of its own. Secrets always may. */
  fromFile?: true
}

/** Any text but the empty one. */
export function text(form = 'text', word = 'text'): Kind<string> {
  return {
    form,
    word,
    parse(raw) {
      if (typeof raw !== 'string' || raw === '') throw new Error(`write ${form}`)
      return raw
    },
    format: (value) => value,
  }
}

/** One of a few words. */
export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  const form = choices.join('|')
  return {
    form,
    word: form,
    parse(raw) {
      const found = choices.find((one) => one === raw)
      if (found === undefined) throw new Error(`write one of ${choices.join(', ')}`)
      return found
    },
    format: (value) => value,
  }
}

/** A whole number within a range, both ends included. */
export function integer(min: number, max: number): Kind<number> {
  const form = `${min}–${max}`
  return {
    form,
    word: 'n',
    parse(raw) {
      const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
      if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
        throw new Error(`write a whole number from ${min} to ${max}`)
      }
      return value as number
    },
    format: String,
  }
}

/** The path of a PEM file (RFC 7468) that is there: a wrong one would show as a failed connection much later. */
export const pemFile: Kind<string> = {
  form: 'a PEM file',
  word: 'file',
  parse(raw) {
    if (typeof raw !== 'string' || raw === '') throw new Error('write the path of a PEM file')
    let content: string
    try {
      content = readFileSync(raw, 'utf8')
    } catch (cause) {
      throw new Error(`the file cannot be read: ${(cause as Error).message}`, { cause })
    }
    if (!content.includes('-----BEGIN '))
      throw new Error('the file is not PEM: it has no line that starts with -----BEGIN')
    return raw
  },
  format: (value) => value,
}

/** A part of a whole, from 0 to 1. */
export const share: Kind<number> = {
  form: '0–1',
  word: 'share',
  parse(raw) {
    const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw
    if (typeof value !== 'number' || !(value >= 0 && value <= 1))
      throw new Error('write a number from 0 to 1, e.g. 0.01')
    return value
  },
  format: String,
}

/** `true` or `false`; `1` and `0` mean the same in a variable. */
export const yesNo: Kind<boolean> = {
  form: 'true|false',
  word: 'true|false',
  parse(raw) {
    if (raw === true || raw === 'true' || raw === '1') return true
    if (raw === false || raw === 'false' || raw === '0') return false
    throw new Error('write true or false')
  },
  format: String,
}

const MS_PER_UNIT: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const BYTES_PER_UNIT: Record<string, number> = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 }

/** A length of time with its unit, such as `15m` or `250ms`; the value is in milliseconds. */
export function duration(minMs: number, maxMs: number): Kind<number> {
  return quantity('time', MS_PER_UNIT, minMs, maxMs, 'a time with its unit (ms, s, m, h, d)', 'e.g. 250ms, 60s, 15m')
}

/** A size with its unit, such as `256KiB`; the value is in bytes. */
export function bytes(min: number, max: number): Kind<number> {
  return quantity('size', BYTES_PER_UNIT, min, max, 'a size with its unit (B, KiB, MiB, GiB)', 'e.g. 4KiB, 1MiB')
}

/** A bare number is refused: 60 may be meant as seconds by one and as milliseconds by another. */
function quantity(
  word: string,
  units: Record<string, number>,
  min: number,
  max: number,
  what: string,
  example: string,
) {
  const names = Object.keys(units)
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)(${names.join('|')})$`)
  const format = (value: number): string => {
    const unit = names.find((name) => value !== 0 && value % (units[name] as number) === 0) ?? (names.at(-1) as string)
    return `${value / (units[unit] as number)}${unit}`
  }
  const form = `${format(min)}–${format(max)}`
  const kind: Kind<number> = {
    form,
    word,
    parse(raw) {
      const [, amount, unit] = (typeof raw === 'string' && pattern.exec(raw)) || []
      if (amount === undefined || unit === undefined) throw new Error(`write ${what}, ${example}`)
      const value = Number(amount) * (units[unit] as number)
      if (!Number.isSafeInteger(value) || value < min || value > max) {
        throw new Error(`write ${what} from ${format(min)} to ${format(max)}`)
      }
      return value
    },
    format,
  }
  return kind
}

/** A URL with one of `schemes` (each with its colon) and a host; kept without a trailing slash. */
export function url(...schemes: readonly string[]): Kind<string> {
  const forms = schemes.map((scheme) => `${scheme}//…`).join(' or ')
  return {
    form: forms,
    word: 'url',
    parse(raw) {
      const parsed = typeof raw === 'string' && !/\s/.test(raw) ? URL.parse(raw) : null
      if (parsed === null || !schemes.includes(parsed.protocol) || parsed.host === '') {
        throw new Error(`write a URL, ${forms}`)
      }
      return (raw as string).replace(/\/+$/, '')
    },
    format: (value) => value,
  }
}

/** A URL for one kind of vehicle, as `bicycle=https://…`. */
export function vehicleUrl(vehicles: readonly string[]): Kind<string> {
  const form = `vehicle=${url('https:', 'http:').form}`
  return {
    form,
    word: 'vehicle=url',
    parse(raw) {
      const [, vehicle = '', address] = (typeof raw === 'string' && /^([a-z]+)=(.*)$/.exec(raw)) || []
      if (!vehicles.includes(vehicle)) throw new Error(`write ${form} with one of ${vehicles.join(', ')}`)
      return `${vehicle}=${url('https:', 'http:').parse(address)}`
    },
    format: (value) => value,
  }
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/** The database: Postgres by its URL, or a SQLite file as `sqlite:PATH`. */
export const databaseUrl: Kind<string> = {
  form: 'postgres://… or sqlite:PATH',
  word: 'url',
  parse(raw) {
    if (typeof raw === 'string' && /^sqlite:[^\s]/.test(raw)) return raw
    let found: string
    try {
      found = url('postgres:', 'postgresql:').parse(raw)
    } catch {
      throw new Error('write postgres://user:password@host/database, or sqlite:PATH')
    }
    const mode = new URL(found).searchParams.get('sslmode')
    if (mode !== null && !SSL_MODES.includes(mode)) throw new Error(`write sslmode as one of ${SSL_MODES.join(', ')}`)
    return found
  },
  format: (value) => value,
}

/** Several values, by commas in text and as an array in JSON; blanks around each are dropped. */
export function list(item: Kind<string>): Kind<readonly string[]> {
  const form = `list of ${item.form}`
  return {
    form,
    word: 'list',
    parse(raw) {
      const items = typeof raw === 'string' ? raw.split(',').map((one) => one.trim()) : raw
      if (!Array.isArray(items)) throw new Error(`write a list by commas (an array in JSON) of ${item.form}`)
      return items.filter((one) => one !== '').map((one) => item.parse(one))
    },
    format: (value) => value.join(','),
  }
}

/** `host:port`, as Kafka's brokers are named. */
export const hostPort: Kind<string> = {
  form: 'host:port',
  word: 'host:port',
  parse(raw) {
    const port =
      typeof raw === 'string' ? /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(raw)?.[1] : undefined
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new Error(`write host:port for each, e.g. kafka1:9092, not ${JSON.stringify(raw)}`)
    }
    return raw as string
  },
  format: (value) => value,
}

/** A node's name: it stands in keys, topics and metrics. */
export const nodeName: Kind<string> = {
  form: '1–64 of A-Za-z0-9._-',
  word: 'name',
  parse(raw) {
    if (typeof raw !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(raw)) throw new Error('write 1–64 of A-Za-z0-9._-')
    return raw
  },
  format: (value) => value,
}

/** A web origin as browsers send it (RFC 6454 §6.2): scheme, host and port, with no path. */
export const origin: Kind<string> = {
  form: 'https://host',
  word: 'https://host',
  parse(raw) {
    const parsed = typeof raw === 'string' ? URL.parse(raw) : null
    const isOrigin = parsed !== null && /^https?:$/.test(parsed.protocol) && raw === parsed.origin
    if (!isOrigin)
      throw new Error(`write origins such as https://shop.example (no path, no slash), not ${JSON.stringify(raw)}`)
    return raw as string
  },
  format: (value) => value,
}

/** An IP address or a CIDR block of them. */
export const addressBlock: Kind<string> = {
  form: 'address or CIDR block',
  word: 'address',
  parse(raw) {
    const [address = '', prefix, ...more] = typeof raw === 'string' ? raw.split('/') : []
    const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
    const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
    if (bits < 0 || !isPrefix || more.length > 0) {
      throw new Error(`write addresses or CIDR blocks such as 10.0.0.0/8, not ${JSON.stringify(raw)}`)
    }
    return raw as string
  },
  format: (value) => value,
}
