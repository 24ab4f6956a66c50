/** Runs the command line from source as a child process, with no variables and no files but those given. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The program's entry. */
export const MAIN = resolve(import.meta.dir, '../../cli/main.ts')

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  cwd?: string
  stdin?: string
}

/** A folder that is empty, and its removal. */
export function emptyFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'zlt-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs a command to its end. */
export async function runZlt(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const folder = options.cwd === undefined ? emptyFolder() : undefined
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    cwd: options.cwd ?? (folder?.path as string),
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdin: new Blob([options.stdin ?? '']),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  folder?.remove()
  return { code, stdout, stderr }
}
