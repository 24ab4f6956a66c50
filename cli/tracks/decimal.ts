const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * Reads a decimal number: `undefined` for nothing or blanks, `NaN` for anything else that is no number.
 * Stricter than `Number()`, which takes a blank for 0 and reads hexadecimal.
 */
export function parseDecimal(text: string | undefined): number | undefined {
  const trimmed = text?.trim()
  if (!trimmed) return undefined
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN
}
