/** A real server that a test has started. */
export interface Service {
  /** Of the processes that run now. */
  pids(): number[]
  /** Ends it at once (SIGKILL, or another signal) and waits until it is gone; its port and its data stay for `restart`. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Freezes it (SIGSTOP): its connections stay open, and nothing answers. */
  pause(): void
  /** Lets it go on (SIGCONT). */
  resume(): void
  /** Ends it if it runs, starts it on the same port and folder, and waits until it answers. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** What is missing on this machine, and how it comes there. */
export class MissingProgram extends Error {
  constructor(name: string) {
    super(`${name} is not on this machine: \`bun scripts/system-packages.ts\` installs it, or says what to install.`)
    this.name = 'MissingProgram'
  }
}
