/** What must not outlive this process: servers and their folders, ended by a process of their own when this one is gone. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let guard: Bun.Subprocess<'pipe', 'ignore', 'inherit'> | undefined

function tell(line: string): void {
  guard ??= start()
  guard.stdin.write(`${line}\n`)
  guard.stdin.flush()
}

function start(): Bun.Subprocess<'pipe', 'ignore', 'inherit'> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'guard-process.ts')], {
    // Away from the terminal's Ctrl-C: it has its work to do after that.
    detached: true,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'inherit',
  })
  child.unref()
  return child
}

/** Ends a process by this signal, then by SIGKILL, when this process is gone before `leaveProcess`. */
export function guardProcess(pid: number, signal: NodeJS.Signals): void {
  tell(`+ ${pid} ${signal}`)
}

/** Forgets a process that has ended: its number may become another's. */
export function leaveProcess(pid: number): void {
  tell(`- ${pid}`)
}

/** A folder of its own for a server. It goes with `remove`, or when this process is gone. */
export function guardedFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `zlt-${name}-`))
  tell(`+ ${path}`)
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 })
      tell(`- ${path}`)
    },
  }
}
