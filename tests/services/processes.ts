import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  pid: number
  parentPid: number
}

/** The processes that run now; one that has ended and that nobody has asked about is not one. */
export function runningProcesses(): Process[] {
  return (existsSync('/proc/self/stat') ? fromProc() : fromPs())
    .filter(({ state }) => !state.startsWith('Z'))
    .map(({ pid, parentPid }) => ({ pid, parentPid }))
}

/** Whether this one runs. */
export function isRunning(pid: number): boolean {
  return runningProcesses().some((one) => one.pid === pid)
}

/** The processes that a process has started. */
export function childPids(pid: number): number[] {
  return runningProcesses()
    .filter(({ parentPid }) => parentPid === pid)
    .map((one) => one.pid)
}

// Small Debian images have no ps, macOS no /proc.
function fromProc(): (Process & { state: string })[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        // After the name in parentheses, which may have anything in it.
        const [state = '', parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), parentPid: Number(parentPid), state }]
      } catch {
        return []
      }
    })
}

function fromPs(): (Process & { state: string })[] {
  const { stdout } = Bun.spawnSync(['ps', '-A', '-o', 'pid=,ppid=,stat='], { stdout: 'pipe', stderr: 'inherit' })
  const rows = stdout.toString().trim().split('\n')
  return rows.map((row) => {
    const [pid, parentPid, state = ''] = row.trim().split(/\s+/)
    return { pid: Number(pid), parentPid: Number(parentPid), state }
  })
}
