/** What the bench asks of a server process: its CPU time and its memory, measured inside of it. */

/** Sent by a server process once it listens. */
export interface Hello {
  url: string
}

/** CPU time since the process began, user and system, in microseconds; memory in bytes after a full collection. */
export interface Answers {
  cpu: { cpuUs: number }
  memory: { rssBytes: number }
  stop: object
}
export type Question = keyof Answers

/** Lets this process be asked; says where it listens. */
export function answerQuestions(hello: Hello, stop: () => Promise<void>): void {
  const say = (message: unknown) => process.send?.(message)
  process.on('message', (question: Question) => {
    if (question === 'cpu') {
      const { user, system } = process.cpuUsage()
      say({ cpuUs: user + system })
    } else if (question === 'memory') {
      Bun.gc(true)
      // A second one takes what the first one's finalizers let go.
      setTimeout(() => {
        Bun.gc(true)
        say({ rssBytes: process.memoryUsage.rss() })
      }, 200)
    } else {
      stop()
        .catch((error) => console.error(error))
        .finally(() => {
          say({})
          process.exit(0)
        })
    }
  })
  // The bench is gone: nobody will ask any more.
  process.on('disconnect', () => process.exit(1))
  say(hello)
}
