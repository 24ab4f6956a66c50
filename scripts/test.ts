/**
 * Runs every check of the project, then all tests; the last line of stdout is `N passed, N failed`.
 *
 * Arguments go to `bun test` (a file, `--test-name-pattern=…`), and then only it runs. A check that fails counts as
 * one failed; one that passes is not counted. Exits 1 on any failure, and when no test ran.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseJunitSummary, type Summary } from './junit-summary.ts'

/** A check: a script that Bun runs, and its arguments. A `live` one shows its output as it comes. */
type Step = { name: string; script: string; args?: string[]; live?: boolean }

const steps: Step[] = [
  { name: 'system packages', script: 'scripts/system-packages.ts', live: true },
  { name: 'kafka', script: 'tests/services/fetch-kafka.ts', live: true },
  { name: 'executable', script: 'scripts/build.ts' },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['--noEmit'] },
  { name: 'lint', script: 'node_modules/@biomejs/biome/bin/biome', args: ['check', '.'] },
  { name: 'docs in sync', script: 'scripts/generate-docs.ts', args: ['--check'] },
]

const root = dirname(import.meta.dir)
const testTimeoutMs = 20_000
/** Continuous integration allows ten minutes in all: a hang must end in a summary before that. */
const stepLimitMs = { check: 180_000, tests: 480_000 }

let child: Bun.Subprocess | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    child?.kill(signal)
    process.exit(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129)
  })
}

/**
 * Most tests wait, for leases, timeouts and restarts, and leave the cores to others. More processes than this starve those
 * that look at the time.
 */
const testProcesses = 3

/** Runs Bun with these arguments; resolves to its exit code and, unless live, what it printed. */
async function runBun(
  args: string[],
  limitMs: number,
  live: boolean,
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const started = Bun.spawn([process.execPath, '--no-orphans', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: live ? 'inherit' : 'pipe',
    stderr: live ? 'inherit' : 'pipe',
    timeout: limitMs,
    // Tests listen to gentler signals, for what they test.
    killSignal: 'SIGKILL',
  })
  child = started
  const [code, ...texts] = await Promise.all([started.exited, read(started.stdout), read(started.stderr)])
  child = undefined
  const note = started.signalCode === null ? '' : `Ended by ${started.signalCode} (limit ${limitMs / 1000} s).\n`
  if (live && note !== '') process.stdout.write(note)
  return { code, output: texts.join('') + note }
}

async function read(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return stream === undefined ? '' : await new Response(stream).text()
}

function report(name: string, ok: boolean, startedMs: number): void {
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
}

/** Runs one check; false when it failed. */
async function runStep(step: Step): Promise<boolean> {
  const startedMs = performance.now()
  const { code, output } = await runBun([step.script, ...(step.args ?? [])], stepLimitMs.check, step.live ?? false)
  report(step.name, code === 0, startedMs)
  if (code !== 0) console.log(output.trimEnd())
  return code === 0
}

/** Starts Kafka, Redis and Postgres for all processes of the tests. @returns the variables that name them */
async function startServers(): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const servers = Bun.spawn([process.execPath, '--no-orphans', 'tests/services/up.ts'], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const stderr = new Response(servers.stderr).text()
  let printed = ''
  for await (const text of servers.stdout.pipeThrough(new TextDecoderStream(), { preventCancel: true })) {
    printed += text
    if (/ZLT_DATABASE=.*\n/.test(printed)) break
  }
  const exported = (name: string) => new RegExp(`export ${name}=(.*)`).exec(printed)?.[1]
  const [brokers, redis, postgres] = ['ZLT_BROKERS', 'ZLT_REDIS', 'ZLT_DATABASE'].map(exported)
  if (brokers === undefined || redis === undefined || postgres === undefined) {
    servers.kill()
    throw new Error(`the servers for tests do not start: ${await stderr}`)
  }
  return {
    env: { TEST_BROKERS: brokers, TEST_REDIS_URL: redis, TEST_POSTGRES_URL: postgres },
    async stop() {
      servers.kill('SIGINT')
      await servers.exited
    },
  }
}

/** Runs all tests, on servers and an executable that their processes share. */
async function runAllTests(): Promise<Summary> {
  let servers: Awaited<ReturnType<typeof startServers>>
  try {
    servers = await startServers()
  } catch (error) {
    console.log(String(error))
    return { passed: 0, failed: 1, skipped: 0 }
  }
  try {
    return await runTests([], { ...servers.env, TEST_EXECUTABLE: join(root, 'dist/zlt') })
  } finally {
    await servers.stop()
  }
}

/** Runs the tests. A run that fails without a failed test (a file that does not load, a crash) counts as one. */
async function runTests(extraArgs: string[], env: Record<string, string>): Promise<Summary> {
  const folder = mkdtempSync(join(tmpdir(), 'zlt-test-'))
  const reportFile = join(folder, 'junit.xml')
  try {
    const startedMs = performance.now()
    const flags = [
      `--timeout=${testTimeoutMs}`,
      '--only-failures',
      '--reporter=junit',
      `--reporter-outfile=${reportFile}`,
    ]
    if (extraArgs.length === 0) {
      flags.push(`--parallel=${testProcesses}`, '--no-isolate', `--timings=${join(root, 'tests/timings.json')}`)
    }
    const { code } = await runBun(['test', ...flags, ...extraArgs], stepLimitMs.tests, true, env)
    report('tests', code === 0, startedMs)
    const summary = existsSync(reportFile)
      ? parseJunitSummary(readFileSync(reportFile, 'utf8'))
      : { passed: 0, failed: 0, skipped: 0 }
    return code !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const extraArgs = process.argv.slice(2)
let failedSteps = 0
for (const step of extraArgs.length > 0 ? [] : steps) {
  if (!(await runStep(step))) failedSteps++
}
const { passed, failed } = extraArgs.length === 0 ? await runAllTests() : await runTests(extraArgs, {})
if (passed + failed === 0) console.log('No test ran.')
console.log(`${passed} passed, ${failed + failedSteps} failed`)
process.exit(failed + failedSteps > 0 || passed === 0 ? 1 : 0)
