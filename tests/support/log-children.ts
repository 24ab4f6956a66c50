/** Starts `log-child.ts` and reads what it says. */

import { join } from 'node:path'

export type ChildMode = 'lock' | 'append' | 'hold' | 'leave'

export interface LogChild {
  pid: number
  /** Lines said so far, the newest last. */
  lines: string[]
  exited: Promise<number>
  /** Ends it as `kill -9` does; resolves when it is gone and all it said was read. */
  kill(): Promise<void>
}

/** Starts the child; resolves once it has said something: `open`, or why it cannot. @throws Error when it ends before */
export async function startLogChild(mode: ChildMode, path: string, durability = 'normal'): Promise<LogChild> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'log-child.ts'), mode, path, durability], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines: string[] = []
  const opened = Promise.withResolvers<void>()
  const read = (async () => {
    let rest = ''
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      if (lines.length > 0) opened.resolve()
    }
    opened.reject(new Error(`the ${mode} child ended before it said anything`))
  })()
  await opened.promise
  return {
    pid: child.pid,
    lines,
    exited: child.exited,
    async kill() {
      child.kill('SIGKILL')
      await child.exited
      await read
    },
  }
}

/** The numbers that an `append` child said were acknowledged, and the last fact it said was published. */
export function acknowledged(child: LogChild): { numbers: string[]; fact: number } {
  const numbers = child.lines.filter((line) => line.startsWith('a ')).map((line) => line.slice(2))
  const facts = child.lines.filter((line) => line.startsWith('f ')).map((line) => Number(line.slice(2)))
  return { numbers, fact: Math.max(0, ...facts) }
}
