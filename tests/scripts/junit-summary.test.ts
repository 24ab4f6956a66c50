import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJunitSummary } from '../../scripts/junit-summary.ts'

test('counts the root element, not the suites nested in it', () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="6" assertions="1" failures="2" skipped="1" time="0.016">
  <testsuite name="a" tests="4" failures="1" skipped="1"><testsuite name="d" tests="1" failures="1"/></testsuite>
</testsuites>`
  expect(parseJunitSummary(xml)).toEqual({ passed: 3, failed: 2, skipped: 1 })
})

test('counts errors as failed, and takes totals that are left out as 0', () => {
  expect(parseJunitSummary('<testsuites failures="1" errors="2" tests="5"/>')).toEqual({
    passed: 2,
    failed: 3,
    skipped: 0,
  })
})

test('reads what this Bun writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlt-junit-'))
  try {
    const source = `import { expect, test } from 'bun:test'
test('good', () => {}); test.skip('left out', () => {}); test('<bad tests="9">', () => expect(1).toBe(2))`
    await Bun.write(`${folder}/some.test.ts`, source)
    const args = ['test', '--reporter=junit', `--reporter-outfile=${folder}/report.xml`]
    Bun.spawnSync([process.execPath, ...args], { cwd: folder })
    expect(parseJunitSummary(await Bun.file(`${folder}/report.xml`).text())).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each(['', '<html></html>', '<testsuites failures="0"/>', '<testsuites tests="3"/>', '<testsuites tests="x"/>'])(
  'refuses %p',
  (xml) => {
    expect(() => parseJunitSummary(xml)).toThrow('not a JUnit report')
  },
)
