import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The runtimes of this machine that can start the script: Bun always, Node where it comes with npm. */
const node = Bun.which('npm') === null ? null : Bun.which('node')
const runtimes = node === null ? [process.execPath] : [process.execPath, node]

let project: string

/** A project of its own, with no packages: nothing here needs the network. */
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'zlt-with-bun-')))
  mkdirSync(join(project, 'path'))
  symlinkSync(process.execPath, join(project, 'path/bun'))
  mkdirSync(join(project, 'scripts'))
  mkdirSync(join(project, 'cli'))
  copyFileSync(join(import.meta.dir, '../../scripts/with-bun.mjs'), join(project, 'scripts/with-bun.mjs'))
  pinBun(Bun.version)
  writeFileSync(
    join(project, 'cli/main.ts'),
    `const { argv, env, versions } = process
console.log(JSON.stringify({ args: argv.slice(2), bun: versions.bun, found: Bun.which('bun') }))
process.exit(Number(env.EXIT_WITH ?? 0))`,
  )
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

function pinBun(version: string): void {
  const manifest = { name: 'sample', private: true, packageManager: `bun@${version}` }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
}

function start(runtime: string, args: string[], env: Record<string, string> = {}) {
  return Bun.spawn([runtime, join(project, 'scripts/with-bun.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...process.env, PATH: `${join(project, 'path')}:${process.env.PATH}`, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function run(runtime: string, args: string[], env: Record<string, string> = {}) {
  const started = start(runtime, args, env)
  const [code, stdout, stderr] = await Promise.all([
    started.exited,
    new Response(started.stdout).text(),
    new Response(started.stderr).text(),
  ])
  return { code, stdout, stderr }
}

describe.each(runtimes)('started by %s', (runtime) => {
  test('passes arguments and the exit code through, and gives the command the pinned Bun', async () => {
    const { code, stdout } = await run(runtime, ['demo', '--', '--port', '9000', 'a b'], { EXIT_WITH: '7' })
    expect(code).toBe(7)
    expect(JSON.parse(stdout)).toEqual({
      args: ['demo', '--port', '9000', 'a b'],
      bun: Bun.version,
      found: join(project, '.bun/bin/bun'),
    })
  })

  test('installs the packages once, and again when what they are installed from changed', async () => {
    const line = 'Installing the packages of bun.lock'
    expect((await run(runtime, ['demo'])).stderr).toContain(line)
    expect((await run(runtime, ['demo'])).stderr).not.toContain(line)
    mkdirSync(join(project, 'patches'))
    writeFileSync(join(project, 'patches/some.patch'), 'changed')
    expect((await run(runtime, ['demo'])).stderr).toContain(line)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and leaves no process', async (signal) => {
    writeFileSync(
      join(project, 'wait.ts'),
      `process.on('${signal}', () => process.exit(42))
setInterval(() => {}, 1000)
console.log(process.pid)`,
    )
    const started = start(runtime, ['wait.ts'])
    const first = await started.stdout.getReader().read()
    const pid = Number(new TextDecoder().decode(first.value))
    started.kill(signal)
    expect(await started.exited).toBe(42)
    expect(() => process.kill(pid, 0)).toThrow()
  })

  test('stops the command when the shell of `npm run` is gone', async () => {
    writeFileSync(join(project, 'wait.ts'), 'setInterval(() => {}, 1000)\nconsole.log(process.pid)')
    const script = join(project, 'scripts/with-bun.mjs')
    const shell = Bun.spawn(['/bin/sh', '-c', `"${runtime}" "${script}" wait.ts; :`], {
      env: { ...process.env, npm_lifecycle_event: 'demo' },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const output = shell.stdout.getReader()
    expect((await output.read()).done).toBe(false)
    shell.kill('SIGTERM')
    // Every process of the chain holds this pipe: it ends when the last one has gone.
    expect((await output.read()).done).toBe(true)
  })

  test('says what to do when the pinned Bun cannot be fetched, and leaves nothing half', async () => {
    pinBun('0.0.1')
    await using registry = Bun.serve({ port: 0, fetch: () => new Response('none', { status: 404 }) })
    const { code, stderr } = await run(runtime, ['demo'], {
      npm_config_registry: registry.url.href,
      BUN_CONFIG_REGISTRY: registry.url.href,
    })
    expect(code).toBe(1)
    expect(stderr).toContain('Could not fetch Bun 0.0.1')
    expect(stderr).toContain('Check the network')
    expect(existsSync(join(project, '.bun/0.0.1'))).toBe(false)
  })

  test('refuses a package.json that pins no exact Bun', async () => {
    pinBun('latest')
    const { code, stderr } = await run(runtime, ['demo'])
    expect(code).toBe(1)
    expect(stderr).toContain('must pin Bun')
  })
})

test('the types of Bun are those of the pinned version', async () => {
  const manifest = await Bun.file(join(import.meta.dir, '../../package.json')).json()
  expect(manifest.packageManager).toBe(`bun@${manifest.devDependencies['@types/bun']}`)
})
