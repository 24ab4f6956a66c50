/** Reads compose.yaml as Compose does, without an engine. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')

/** A service, with the members that our file uses. */
export interface ComposeService {
  image: string
  build?: string
  pull_policy?: string
  restart?: string
  command?: (string | number)[]
  environment?: Record<string, string | number>
  secrets?: string[]
  volumes?: string[]
  networks: string[] | Record<string, { ipv4_address: string }>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  stop_grace_period?: string
  read_only?: boolean
}

export interface ComposeFile {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
  secrets: Record<string, { file: string }>
  networks: Record<string, unknown>
}

/** The file with its variables at their defaults. @throws Error for a variable that has none */
export function readComposeFile(): ComposeFile {
  const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8')
  return interpolate(Bun.YAML.parse(text)) as ComposeFile
}

/** Compose's own rules for `$`, as far as we use them: `${NAME:-default}`, and `$$` for the character. */
function interpolate(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$(?:\$|\{\w+:-([^}]*)\}|)/g, (whole, fallback: string | undefined) => {
      if (whole === '$') throw new Error(`${value}: give the variable a default, or double the $`)
      return fallback ?? '$'
    })
  }
  if (Array.isArray(value)) return value.map(interpolate)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, interpolate(member)]))
}

/** The fixed address of a service on the inner network; undefined when it has none. */
export function addressOf(service: ComposeService): string | undefined {
  return Array.isArray(service.networks) ? undefined : service.networks.inner?.ipv4_address
}
