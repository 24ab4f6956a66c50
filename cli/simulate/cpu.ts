/** CPU time of another process. */

import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second on every machine that Bun runs on (USER_HZ). */
const TICKS_PER_SECOND = 100

/** Seconds of CPU that the process has used, user and system; undefined without `/proc` or when it is gone. */
export function processCpuS(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Reads a line of `/proc/<pid>/stat` (proc(5)): `utime` and `stime` are its fields 14 and 15. */
export function parseStat(line: string): number | undefined {
  // The second field is the program's name in brackets, and may itself hold blanks and brackets.
  const rest = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(rest[11]), Number(rest[12])]
  return Number.isFinite(user) && Number.isFinite(system) ? (user + system) / TICKS_PER_SECOND : undefined
}
