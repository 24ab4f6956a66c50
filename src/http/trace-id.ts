/** Ids that tie an answer to its line in the log. */

let counter = 0
const PREFIX = crypto.randomUUID().replaceAll('-', '').slice(0, 10)

/** An id unique among all processes, cheap enough for every request. */
export function newTraceId(): string {
  counter += 1
  return `${PREFIX}${counter.toString(36).padStart(6, '0')}`
}
