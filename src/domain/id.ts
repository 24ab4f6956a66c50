/** Ids of orders, partners, users and fixes: 1–64 of `A-Za-z0-9._:-`, safe in URLs, keys, logs and file names. */
const ID = /^[A-Za-z0-9._:-]{1,64}$/

/** Whether `value` can be an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** Ids that begin like this are the program's own: no order, token or fix of anybody may name one. */
const RESERVED = 'zlt.canary.'

/** Whether the id is one of the program's own. */
export function isReserved(id: string): boolean {
  return id.startsWith(RESERVED)
}

/** The reserved id of a partition: the first of them whose key lies in it. */
export function canaryId(partition: number, partitionOf: (id: string) => number): string {
  for (let n = 0; ; n++) if (partitionOf(`${RESERVED}${n}`) === partition) return `${RESERVED}${n}`
}

/** The pattern, for documents that describe the API. */
export const ID_PATTERN = ID.source
