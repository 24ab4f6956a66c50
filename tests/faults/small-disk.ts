/** A disk of a few megabytes, in memory, that can really be full. */

import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  path: string
  resize(megabytes: number): void
  unmount(): void
}

/** Mounts it. @throws Error when this user may not: only root may mount, and only where there is tmpfs (Linux) */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'zlt-small-disk-'))
  try {
    call('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path)
  } catch (cause) {
    rmdirSync(path)
    throw new Error('a full disk needs root on Linux, to mount a tmpfs of a few megabytes: run this as root', { cause })
  }
  return {
    path,
    resize: (to) => call('mount', '-o', `remount,size=${to}m`, path),
    unmount() {
      // Lazily: a thread of the log may still have its file open for a moment.
      call('umount', '-l', path)
      rmdirSync(path)
    },
  }
}

function call(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString().trim()}`)
}
