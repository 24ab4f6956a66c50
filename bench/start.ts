/** From starting the executable to listening, on a data folder that exists; and how large the executable is. */

import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type CaseResult, median, spread } from './support/result'

const EXECUTABLE = resolve(import.meta.dir, '../dist/zlt')
const ROUNDS = 15
const MAX_START_MS = 40
const MAX_MB = 125

/** The control is a bare `Bun.serve`, compiled with the same flags. */
export async function benchStart(): Promise<CaseResult[]> {
  if (!existsSync(EXECUTABLE)) throw new Error('there is no dist/zlt: bun run build makes it')
  const folder = await mkdtemp(join(tmpdir(), 'zlt-bench-start-'))
  const bare = await compileBare(folder)
  const zltCommand = [EXECUTABLE, 'serve', '--port', '0', '--data', join(folder, 'data')]
  const ms = { zlt: [] as number[], control: [] as number[] }
  // The first start makes keys, schema and the administrator's password hash.
  await startOnce(zltCommand)
  for (let round = 0; round < ROUNDS; round++) {
    ms.zlt.push(await startOnce(zltCommand))
    ms.control.push(await startOnce([bare]))
  }
  const mb = statSync(EXECUTABLE).size / 2 ** 20
  const bareMb = statSync(bare).size / 2 ** 20
  await rm(folder, { recursive: true })
  const [zlt, control] = [median(ms.zlt), median(ms.control)]
  const note = `second start; ${ROUNDS} rounds, zlt ${spread(ms.zlt)}, control ${spread(ms.control)}`
  return [
    { name: 'start', unit: 'ms', zlt, control, target: `≤ ${MAX_START_MS} ms`, ok: zlt <= MAX_START_MS, note },
    {
      name: 'executable',
      unit: 'MB',
      zlt: mb,
      control: bareMb,
      target: `≤ ${MAX_MB} MB`,
      ok: mb <= MAX_MB,
      note: 'MiB, as bun run build makes it for this machine',
    },
  ]
}

async function compileBare(folder: string): Promise<string> {
  const source = join(folder, 'bare.ts')
  const program = `Bun.serve({ port: 0, fetch: () => new Response('ok') })
process.on('SIGTERM', () => process.exit(0))
process.stderr.write('{"event":"listening"}\\n')
export {}`
  await Bun.write(source, program)
  const outfile = join(folder, 'bare')
  const flags = ['--compile', '--minify', '--bytecode', '--format=esm']
  const build = Bun.spawn([process.execPath, 'build', ...flags, source, '--outfile', outfile], { stdout: 'ignore' })
  if ((await build.exited) !== 0) throw new Error('the control could not be compiled')
  return outfile
}

/** @returns milliseconds until the program says that it listens */
async function startOnce(command: string[]): Promise<number> {
  const startMs = performance.now()
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' })
  let text = ''
  let ms: number | undefined
  const decoder = new TextDecoder()
  for await (const chunk of child.stderr) {
    text += decoder.decode(chunk, { stream: true })
    if (ms !== undefined || !text.includes('"listening"')) continue
    ms = performance.now() - startMs
    child.kill('SIGTERM')
  }
  await child.exited
  if (ms === undefined) throw new Error(`${command[0]} did not start: ${text}`)
  return ms
}
