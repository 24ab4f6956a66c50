/** Log lines: JSON, one line an event, on stderr. Never a token, never a coordinate. */

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LEVELS)[number]

export interface Logger {
  debug(event: string, fields?: Record<string, unknown>): void
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

/** A logger that writes events at or above `level` as `{"time","level","event",…}`. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const least = LEVELS.indexOf(level)
  const at = (name: LogLevel) => (event: string, fields?: Record<string, unknown>) => {
    if (LEVELS.indexOf(name) < least) return
    write(`${JSON.stringify({ time: new Date().toISOString(), level: name, event, ...fields })}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** An error as fields of a log line: its message and cause, not the objects. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) }
  const cause = error.cause === undefined ? {} : { cause: String(error.cause) }
  return { error: error.message, stack: error.stack, ...cause }
}
