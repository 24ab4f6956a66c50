/** Reading what an engine sent: nothing of it is believed before it was looked at. */

/** Thrown by these functions, and caught where an answer is read as a whole. */
export class UnreadableError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'UnreadableError'
  }
}

/** An object that is no array. @throws UnreadableError */
export function parseObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnreadableError(`${name} is not an object`)
  }
  return value as Record<string, unknown>
}

/** An array that is not empty. @throws UnreadableError */
export function parseItems(value: unknown, name: string): [unknown, ...unknown[]] {
  if (!Array.isArray(value) || value.length === 0) throw new UnreadableError(`${name} is not a list of something`)
  return value as [unknown, ...unknown[]]
}

/** A finite number of 0 or more: a length, a time, an index. @throws UnreadableError */
export function parseAmount(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new UnreadableError(`${name} is not a number of 0 or more`)
  }
  return value
}

/** A text that is not empty. @throws UnreadableError */
export function parseText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new UnreadableError(`${name} is not a text`)
  return value
}

/** The text for a log line: short, and without coordinates, which may be somebody's home. Empty when it is no text. */
export function shortText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200).replace(/-?\d+\.\d+/g, '…') : ''
}
