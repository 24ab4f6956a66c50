/** Builds the executable `dist/zlt`, for this machine or for `--target bun-linux-arm64` and the like. */

import { mkdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

const root = resolve(import.meta.dir, '..')
const outfile = resolve(root, 'dist/zlt')
/** The executable is mostly Bun itself; above this something large was packed that should not be. */
const MAX_BYTES = 125 * 1024 * 1024

/**
 * `--bytecode` saves about 40 ms of parsing at each start; with it the format has to be named, since the entry awaits at
 * its top level. Without the two last flags the program would run what a `.env` or `bunfig.toml` of the directory it is
 * started in says.
 */
const FLAGS = [
  '--compile',
  '--minify',
  '--sourcemap',
  '--bytecode',
  '--format=esm',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
]

async function run(...args: string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, ...args], { cwd: root, stdout: 'inherit', stderr: 'inherit' })
  if ((await child.exited) !== 0) throw new Error(`bun ${args.join(' ')} failed`)
}

const targetAt = process.argv.indexOf('--target')
const target = targetAt < 0 ? [] : [`--target=${process.argv[targetAt + 1]}`]

await mkdir(resolve(root, 'dist'), { recursive: true })
// First the pages: the executable holds them.
await run('scripts/build-web.ts')
await run('build', ...FLAGS, ...target, 'cli/main.ts', '--outfile', outfile)
const { size } = await stat(outfile)
console.error(`dist/zlt: ${(size / 2 ** 20).toFixed(1)} MiB`)
if (size > MAX_BYTES) {
  console.error(`that is more than ${MAX_BYTES / 2 ** 20} MiB: look at what the last changes import`)
  process.exitCode = 1
}
