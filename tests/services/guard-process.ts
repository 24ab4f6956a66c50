/**
 * Ends what a test run has left behind. Its standard input says what there is, a line each: `+ PID SIGNAL`, `- PID`,
 * `+ FOLDER`, `- FOLDER`. When the input ends, whoever wrote it is gone, by whatever death.
 */

import { rmSync } from 'node:fs'

const pids = new Map<number, NodeJS.Signals>()
const folders = new Set<string>()

function note(line: string): void {
  const [, sign, what = '', signal = 'SIGKILL'] = /^([+-]) (.*?)(?: (SIG\w+))?$/.exec(line) ?? []
  if (what.startsWith('/')) {
    if (sign === '+') folders.add(what)
    else folders.delete(what)
  } else if (sign === '+') pids.set(Number(what), signal as NodeJS.Signals)
  else pids.delete(Number(what))
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    pids.delete(pid)
    return false
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let rest = ''
for await (const text of Bun.stdin.stream().pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) note(line)
}

// One that is stopped hears of nothing but SIGKILL before it goes on.
for (const [pid, signal] of pids) send(pid, 'SIGCONT') && send(pid, signal)
const deadlineMs = performance.now() + 1_000
while (performance.now() < deadlineMs && [...pids.keys()].filter((pid) => send(pid, 0)).length > 0) await Bun.sleep(10)
for (const pid of pids.keys()) send(pid, 'SIGKILL')
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
