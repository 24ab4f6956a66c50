/** How commands end: the exit codes, and the error that carries one. */

/** The exit codes that scripts can rely on. A signal's is 128 + its number. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130, terminated: 143 } as const

/** An end that the user should be told of in plain words, without a stack. */
export class CliError extends Error {
  /** @param lines what to do about it, or further findings: printed below the message */
  constructor(
    readonly exitCode: number,
    message: string,
    readonly lines: readonly string[] = [],
    options: { cause?: unknown } = {},
  ) {
    super(message, options)
    this.name = 'CliError'
  }
}
