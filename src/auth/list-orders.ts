/** Lists and single orders, as the caller may see them. */

import { audienceOf, type Claims } from '../domain/audience'
import type { Order } from '../domain/order'
import type { OrderStatus } from '../domain/view'
import { formatCursor } from '../store/cursor'
import { findOrder, listOrders as listRows } from '../store/orders'
import type { AuthDeps } from './deps'
import { listFilterOf, orderFor, requireVisible } from './order-access'
import type { Page } from './paging'

/** One order. @throws ZltError `order_not_found` */
export async function getOrder({ store }: Pick<AuthDeps, 'store'>, claims: Claims, id: string): Promise<Order> {
  return requireVisible(claims, await store.read((tx) => findOrder(tx, id)))
}

/** A page of the caller's orders, the newest first: all for a backend, its own for a rider or a customer. */
export async function listOrders(
  { store }: Pick<AuthDeps, 'store'>,
  claims: Claims,
  page: Page,
  status: OrderStatus | undefined,
): Promise<{ items: Record<string, unknown>[]; next_cursor?: string }> {
  const filter = { ...listFilterOf(claims), ...(status !== undefined && { status }) }
  const rows = await store.read((tx) => listRows(tx, filter, page.limit + 1, page.after))
  const shown = rows.slice(0, page.limit)
  const items = shown.flatMap(({ order }) => (audienceOf(claims, order.id, order) ? [orderFor(claims, order)] : []))
  const last = rows.length > page.limit ? shown.at(-1) : undefined
  return { items, ...(last && { next_cursor: formatCursor({ created_at_ms: last.created_at_ms, id: last.order.id }) }) }
}
