/** Starts `follower-child.ts` and reads what it says. */

import { join } from 'node:path'
import type { MemberEvent, MemberOptions } from './group-member.ts'

export interface FollowerChild {
  node: string
  events: MemberEvent[]
  /** Sends a signal; after SIGKILL, resolves when it is gone and all it said was read. */
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
}

export function startFollowerChild(options: MemberOptions): FollowerChild {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'follower-child.ts'), JSON.stringify(options)], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const events: MemberEvent[] = []
  const read = (async () => {
    let rest = ''
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) events.push(JSON.parse(line) as MemberEvent)
    }
  })()
  return {
    node: options.node,
    events,
    async kill(signal) {
      child.kill(signal)
      if (signal !== 'SIGKILL') return
      await child.exited
      await read
    },
  }
}
