import type { ViewFrame } from '../../src/domain/view.ts'

/** Why a watch ended for good. */
export type EndReason = 'delivered' | 'cancelled' | 'revoked' | 'expired' | 'forgotten'

/** A frame from the server. */
export type ServerFrame =
  | ViewFrame
  | { type: 'beat'; now_ms: number }
  | { type: 'end'; order_id: string; reason: EndReason }
  | { type: 'error'; order_id?: string; code: string }

const endReasons: readonly string[] = ['delivered', 'cancelled', 'revoked', 'expired', 'forgotten']

/**
 * Parses a text frame; undefined for what this client does not know and so must ignore.
 *
 * Only what the client steers by is checked: parts come from a server that parsed them already.
 */
export function parseServerFrame(data: unknown): ServerFrame | undefined {
  const frame = typeof data === 'string' ? parseObject(data) : undefined
  switch (frame?.type) {
    case 'view':
      return parseViewFrame(frame)
    case 'beat':
      return typeof frame.now_ms === 'number' ? { type: 'beat', now_ms: frame.now_ms } : undefined
    case 'end': {
      const { order_id, reason } = frame
      if (typeof order_id !== 'string' || typeof reason !== 'string' || !endReasons.includes(reason)) return undefined
      return { type: 'end', order_id, reason: reason as EndReason }
    }
    case 'error': {
      const { order_id, code } = frame
      if (typeof code !== 'string') return undefined
      return { type: 'error', code, ...(typeof order_id === 'string' && { order_id }) }
    }
    default:
      return undefined
  }
}

/** Parses the view that a frame, or the answer of `/orders/{id}/track`, holds; undefined if it is none. */
export function parseViewFrame(value: unknown): ViewFrame | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { order_id, epoch, now_ms, order, position, route } = value as Record<string, unknown>
  if (typeof order_id !== 'string' || typeof epoch !== 'number') return undefined
  return {
    type: 'view',
    order_id,
    epoch,
    now_ms: typeof now_ms === 'number' ? now_ms : Number.NaN,
    ...(hasNumbers(order, ['rev', 'assignment']) && { order: order as NonNullable<ViewFrame['order']> }),
    ...(hasNumbers(position, ['at', 'rev', 'lat', 'lng', 'fix_time_ms']) && {
      position: position as NonNullable<ViewFrame['position']>,
    }),
    ...(hasNumbers(route, ['precision']) && { route: route as NonNullable<ViewFrame['route']> }),
  }
}

function hasNumbers(part: unknown, names: string[]): boolean {
  return (
    typeof part === 'object' &&
    part !== null &&
    names.every((name) => Number.isFinite((part as never)[name] as unknown))
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
