/** A server of one's own for a while: a child process with a temporary data folder. */

import { UnreachableError } from './backend'
import { makeTemporaryFolder } from './temporary-folder'

export interface OwnServer {
  url: string
  pid: number
  dataFolder: string
  /** Resolves when the child is gone, whoever ended it. */
  exited: Promise<number>
  /** The last lines that the child wrote to stderr. */
  lastWords(): string
  /** Ends the child (SIGTERM, after 5 s SIGKILL) and removes its folder. Safe to call twice. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 5_000
const KEPT_STDERR_CHARS = 4_000

/** The command line that starts this program again: the compiled one is its own executable, from source it is Bun's argument. */
export function selfCommand(main: string = Bun.main): string[] {
  // A compiled program's files live in a virtual folder.
  const isCompiled = main.startsWith('/$bunfs/') || /^[A-Z]:[\\/]~BUN[\\/]/i.test(main)
  return isCompiled ? [process.execPath] : [process.execPath, Bun.fileURLToPath(new URL('../main.ts', import.meta.url))]
}

/**
 * Starts `zlt serve` and waits until it is ready.
 * @throws UnreachableError with its last words, when it dies or is not ready in 15 s; then nothing is left of it
 */
export async function startOwnServer(): Promise<OwnServer> {
  const folder = await makeTemporaryFolder('zlt-simulate-')
  const dataFolder = folder.path
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = Bun.spawn(
    [...selfCommand(), 'serve', '--host', '127.0.0.1', '--port', String(port), '--data', dataFolder],
    {
      // Its own working directory and no variables: the settings of whoever calls must not leak in.
      cwd: dataFolder,
      env: { ZLT_LOG_LEVEL: 'warn' },
      // A group of its own: Ctrl-C is for the run, which ends the server when it has no more use for it.
      detached: true,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    },
  )
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  let words = ''
  const reading = collect(child.stderr, (text) => {
    words = (words + text).slice(-KEPT_STDERR_CHARS)
  })
  let stopping: Promise<void> | undefined
  async function end(): Promise<void> {
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await child.exited
    clearTimeout(kill)
    await reading
    process.off('exit', abandon)
    await folder.remove()
  }
  function stop(): Promise<void> {
    stopping ??= end()
    return stopping
  }
  const server: OwnServer = {
    url,
    pid: child.pid,
    dataFolder,
    exited: child.exited,
    lastWords: () => words.trim(),
    stop,
  }
  try {
    await waitUntilReady(server)
  } catch (error) {
    await stop()
    throw error
  }
  return server
}

async function waitUntilReady(server: OwnServer): Promise<void> {
  let isGone = false
  void server.exited.then(() => {
    isGone = true
  })
  const deadlineMs = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadlineMs) {
    if (isGone) throw new UnreachableError(`the server ended before it was ready\n${server.lastWords()}`)
    if (await isReady(server.url)) return
    await Bun.sleep(25)
  }
  throw new UnreachableError(`the server was not ready in ${START_TIMEOUT_MS / 1000} s\n${server.lastWords()}`)
}

/** Whether `/readyz` says so; false as well when nobody answers. */
export async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** A port that was free a moment ago; the first free one from `from` on, or any. */
export async function freePort(from = 0): Promise<number> {
  for (let port = from; ; port++) {
    try {
      const listener = Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } })
      const found = listener.port
      listener.stop(true)
      return found
    } catch (error) {
      if (from === 0 || port >= from + 1_000) throw error
    }
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }))
}
