import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

let project: string

const checks = [
  'scripts/system-packages.ts',
  'tests/services/fetch-kafka.ts',
  'scripts/build.ts',
  'scripts/generate-docs.ts',
  'node_modules/typescript/bin/tsc',
  'node_modules/@biomejs/biome/bin/biome',
]

/** Servers that say where they are, and run until they are told to end. */
const servers = `
  console.log('export ZLT_BROKERS=b:1\\nexport ZLT_REDIS=redis://r:2\\nexport ZLT_DATABASE=postgres://p:3/d')
  setInterval(() => {}, 1_000)
`

/** A project that has the runner, and checks that pass. */
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'zlt-test-runner-'))
  mkdirSync(join(project, 'scripts'))
  for (const file of ['test.ts', 'junit-summary.ts']) {
    copyFileSync(join(import.meta.dir, '../../scripts', file), join(project, 'scripts', file))
  }
  for (const check of checks) {
    mkdirSync(dirname(join(project, check)), { recursive: true })
    write(check, '')
  }
  write('tests/services/up.ts', servers)
  write('tests/timings.json', '{ "version": 1, "files": {} }')
})

afterEach(() => rmSync(project, { recursive: true, force: true }))

function write(path: string, source: string): void {
  writeFileSync(join(project, path), source)
}

const good = "import { test } from 'bun:test'\ntest('good', () => {})"

function runTests(...args: string[]) {
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, 'scripts/test.ts', ...args], { cwd: project })
  const text = stdout.toString()
  return { exitCode, text, lastLine: text.trimEnd().split('\n').at(-1) }
}

test('passes when the tests and the checks do', () => {
  write('good.test.ts', good)
  const { exitCode, text, lastLine } = runTests()
  expect(text).toMatch(/^ok +executable +\d+\.\d s$/m)
  expect({ exitCode, lastLine }).toEqual({ exitCode: 0, lastLine: '1 passed, 0 failed' })
})

test('fails when a test does', () => {
  write('some.test.ts', `${good}\ntest('bad', () => { throw new Error('no') })`)
  expect(runTests()).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed' })
})

test('fails when a file of tests does not load', () => {
  write('good.test.ts', good)
  write('broken.test.ts', "throw new Error('at load')")
  expect(runTests()).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed' })
})

test('counts a check that fails as one, shows its output, and still runs the tests', () => {
  write('good.test.ts', good)
  write('scripts/build.ts', "console.error('the reason')\nprocess.exit(1)")
  const { exitCode, text, lastLine } = runTests()
  expect(text).toMatch(/^FAIL +executable +\d+\.\d s\nthe reason$/m)
  expect({ exitCode, lastLine }).toEqual({ exitCode: 1, lastLine: '1 passed, 1 failed' })
})

test.each([
  ['there is none', undefined],
  ['all are skipped', "import { test } from 'bun:test'\ntest.skip('later', () => {})"],
])('fails when no test ran: %s', (_name, source) => {
  if (source !== undefined) write('some.test.ts', source)
  const { exitCode, lastLine } = runTests()
  expect(exitCode).toBe(1)
  expect(lastLine).toMatch(/^0 passed, [01] failed$/)
})

test('with arguments runs only the tests they name', () => {
  write('good.test.ts', good)
  write('other.test.ts', good)
  write('scripts/build.ts', 'process.exit(1)')
  expect(runTests('./other.test.ts')).toMatchObject({ exitCode: 0, lastLine: '1 passed, 0 failed' })
})

test('fails when a check is not there', () => {
  write('good.test.ts', good)
  rmSync(join(project, 'scripts/generate-docs.ts'))
  expect(runTests()).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed' })
})

test('all processes of the tests are told of the same servers, and of the executable', () => {
  const told = "[process.env.TEST_BROKERS, process.env.TEST_REDIS_URL, process.env.TEST_POSTGRES_URL].join(' ')"
  const expected = "'b:1 redis://r:2 postgres://p:3/d'"
  write(
    'told.test.ts',
    `import { expect, test } from 'bun:test'
    test('told', () => {
      expect(${told}).toBe(${expected})
      expect(process.env.TEST_EXECUTABLE?.endsWith('dist/zlt')).toBeTrue()
    })`,
  )
  expect(runTests()).toMatchObject({ exitCode: 0, lastLine: '1 passed, 0 failed' })
})

test('servers that do not start fail the run, with what they said', () => {
  write('good.test.ts', good)
  write('tests/services/up.ts', "console.error('no java here'); process.exit(1)")
  const { exitCode, text, lastLine } = runTests()
  expect(text).toContain('no java here')
  expect({ exitCode, lastLine }).toEqual({ exitCode: 1, lastLine: '0 passed, 1 failed' })
})
