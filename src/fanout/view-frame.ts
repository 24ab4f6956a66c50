/** The frame that carries parts of a view. */

/** Joins parts that are JSON already; the ids in it need no escaping. */
export function viewFrame(
  orderId: string,
  epoch: number,
  nowMs: number,
  parts: { order?: string | undefined; position?: string | null | undefined; route?: string | undefined },
): string {
  let frame = `{"type":"view","order_id":"${orderId}","epoch":${epoch},"now_ms":${nowMs}`
  if (parts.order !== undefined) frame += `,"order":${parts.order}`
  if (parts.position != null) frame += `,"position":${parts.position}`
  if (parts.route !== undefined) frame += `,"route":${parts.route}`
  return `${frame}}`
}
