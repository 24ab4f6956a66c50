/** Ids of orders, partners, users and fixes: 1–64 of `A-Za-z0-9._:-`, safe in URLs, keys, logs and file names. */
const ID = /^[A-Za-z0-9._:-]{1,64}$/

/** Whether `value` can be an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** The pattern, for documents that describe the API. */
export const ID_PATTERN = ID.source
