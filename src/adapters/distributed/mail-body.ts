/** The one form in which mail travels between nodes: an entry of the receiver's stream with many messages. */

import type { Message, PositionMessage } from '../../ports/mail'

/**
 * Entries of one sender to one receiver are numbered 1, 2, 3 … within a series. A number that is missing is a loss; a
 * higher series begins after the sender forgot the receiver.
 */
export interface Body {
  from: string
  series: number
  number: number
  messages: Message[]
}

const VERSION = 1

const TYPES: ReadonlySet<unknown> = new Set<Message['type']>([
  'watch',
  'unwatch',
  'announce',
  'position',
  'owner',
  'not_mine',
])

export function encodeBody({ from, series, number, messages }: Body): string {
  return JSON.stringify({ v: VERSION, from, series, number, messages })
}

/** Undefined for anything but a body of this version; message types that are not known here are left out. */
export function parseBody(json: string | undefined): Body | undefined {
  let value: unknown
  try {
    value = JSON.parse(json ?? '')
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { v, from, series, number, messages } = value as Record<string, unknown>
  if (v !== VERSION || typeof from !== 'string' || !Number.isInteger(series) || !Number.isInteger(number)) {
    return undefined
  }
  if (!Array.isArray(messages)) return undefined
  const known = messages.filter((one) => TYPES.has(one?.type)) as Message[]
  return { from, series: series as number, number: number as number, messages: known }
}

/**
 * Leaves of each order and audience only the newest position, where it stands; all else stays in its order. A line that
 * only a position left out carried goes with the newest, when that names it.
 */
export function conflate(messages: readonly Message[]): Message[] {
  const newest = new Map<string, { index: number; position: PositionMessage }>()
  const kept: Message[] = []
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i] as Message
    if (message.type !== 'position') {
      kept.push(message)
      continue
    }
    const key = `${message.order} ${message.audience}`
    const later = newest.get(key)
    if (later === undefined) {
      newest.set(key, { index: kept.length, position: message })
      kept.push(message)
    } else if (message.routeJson !== undefined && lacksLine(later.position, message)) {
      later.position = { ...later.position, routeJson: message.routeJson }
      kept[later.index] = later.position
    }
  }
  return kept.reverse()
}

function lacksLine(later: PositionMessage, earlier: PositionMessage): boolean {
  return later.routeJson === undefined && later.routeId !== undefined && later.routeId === earlier.routeId
}

/** About how many characters the message takes in a body. */
export function sizeOf(message: Message): number {
  switch (message.type) {
    case 'position':
      return 300 + (message.json?.length ?? 0) + (message.routeJson?.length ?? 0)
    case 'announce':
      return 100 + 100 * message.orders.length
    default:
      return 150
  }
}
