/** A server's process: what it said, and the signals that tests send to it. */

import { closeSync, openSync, readFileSync } from 'node:fs'
import { guardProcess, leaveProcess } from './guard.ts'

export interface ChildOptions {
  /** Where its output goes, after what is there. */
  outputFile: string
  cwd: string
  env?: Record<string, string>
  /** Ends it with all that it has started: SIGKILL where that is one process. */
  endSignal?: NodeJS.Signals
}

/** How long a process may take to go after a signal that ends it. */
const END_MS = 20_000

export class Child {
  readonly #process: Bun.Subprocess<'ignore', number, number>
  readonly #options: ChildOptions

  private constructor(process: Bun.Subprocess<'ignore', number, number>, options: ChildOptions) {
    this.#process = process
    this.#options = options
  }

  /** Starts it in a process group of its own, away from the terminal's Ctrl-C. It ends when this process does. */
  static start(command: string[], options: ChildOptions): Child {
    const output = openSync(options.outputFile, 'a')
    try {
      const child = Bun.spawn(command, {
        cwd: options.cwd,
        env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...options.env },
        detached: true,
        stdin: 'ignore',
        stdout: output,
        stderr: output,
      })
      child.unref()
      guardProcess(child.pid, options.endSignal ?? 'SIGKILL')
      void child.exited.then(() => leaveProcess(child.pid))
      return new Child(child, options)
    } finally {
      closeSync(output)
    }
  }

  get pid(): number {
    return this.#process.pid
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Its exit code, once it has ended. */
  get exited(): Promise<number> {
    return this.#process.exited
  }

  /** Sends a signal; does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.isAlive) this.#process.kill(signal)
  }

  /** Ends it and waits until it is gone. @throws Error when it outlives the signal by 20 s */
  async end(signal: NodeJS.Signals = this.#options.endSignal ?? 'SIGKILL'): Promise<void> {
    this.signal(signal)
    // One that is stopped hears of nothing but SIGKILL before it goes on.
    this.signal('SIGCONT')
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`${this.pid} outlives ${signal}:\n${this.output()}`)), END_MS)
    try {
      await Promise.race([this.#process.exited, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The end of what it has said. */
  output(): string {
    return readFileSync(this.#options.outputFile, 'utf8').slice(-4_000).trim()
  }

  /**
   * Asks until there is an answer: `ask` throws until then.
   * @throws Error with its output when it ends before, or has not answered after `timeoutMs`
   */
  async answers<T>(name: string, ask: () => Promise<T>, timeoutMs = 30_000): Promise<T> {
    const deadlineMs = performance.now() + timeoutMs
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!this.isAlive) throw new Error(`${name} ended at its start:\n${this.output()}`)
        if (performance.now() > deadlineMs) {
          throw new Error(`${name} does not answer within ${timeoutMs} ms: ${error}\n${this.output()}`)
        }
        await Bun.sleep(20)
      }
    }
  }
}
