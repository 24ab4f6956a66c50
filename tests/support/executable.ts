/** The compiled program, as its users run it. */

import { resolve } from 'node:path'

const root = resolve(import.meta.dir, '../..')
let built: Promise<string> | undefined

/** The path of `dist/zlt`, built from what is here now: by the run of all tests before they begin, else by who asks first. */
export function builtExecutable(): Promise<string> {
  built ??= process.env.TEST_EXECUTABLE === undefined ? build() : Promise.resolve(process.env.TEST_EXECUTABLE)
  return built
}

async function build(): Promise<string> {
  const child = Bun.spawn([process.execPath, 'scripts/build.ts'], { cwd: root, stdout: 'pipe', stderr: 'pipe' })
  const [code, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()])
  if (code !== 0) throw new Error(`the build failed: ${stderr}`)
  return resolve(root, 'dist/zlt')
}

export interface Serving {
  url: string
  /** What it printed to standard output: the first admin's password. */
  stdout(): string
  stderr(): string
  process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  /** Ends it with SIGTERM; the exit code. */
  stop(): Promise<number>
}

/** Starts `zlt serve` on a free port and waits until it listens. @throws Error with its output when it ends first */
export async function startExecutable(
  path: string,
  options: { cwd: string; args?: string[]; env?: Record<string, string> },
): Promise<Serving> {
  const child = Bun.spawn([path, 'serve', '--port', '0', ...(options.args ?? [])], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', HOME: options.cwd, ...options.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = { stdout: '', stderr: '' }
  const collect = async (name: 'stdout' | 'stderr') => {
    for await (const chunk of child[name].pipeThrough(new TextDecoderStream())) output[name] += chunk
  }
  void collect('stdout')
  void collect('stderr')
  const deadlineMs = performance.now() + 10_000
  let url: string | undefined
  while (url === undefined) {
    url = /"event":"listening","url":"([^"]+)"/.exec(output.stderr)?.[1]
    if (child.exitCode !== null) throw new Error(`zlt serve ended with ${child.exitCode}: ${output.stderr}`)
    if (performance.now() > deadlineMs) throw new Error(`zlt serve does not listen: ${output.stderr}`)
    await Bun.sleep(5)
  }
  return {
    url,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    process: child,
    async stop() {
      child.kill('SIGTERM')
      return child.exited
    },
  }
}
