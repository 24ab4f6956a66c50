/** Tests counted from a JUnit report. */
export type Summary = { passed: number; failed: number; skipped: number }

/**
 * Counts the tests of a JUnit report as `bun test --reporter=junit` writes it.
 *
 * Only the root element's totals count: those of nested suites are contained in them. A file that fails to load is
 * in no total, so the caller must look at the exit code too.
 *
 * @throws Error when the text is not such a report.
 */
export function parseJunitSummary(xml: string): Summary {
  const attributes = /<testsuites\b([^>]*)>/.exec(xml)?.[1]
  if (attributes === undefined) throw new Error('not a JUnit report: it has no <testsuites>')
  const tests = countOf(attributes, 'tests')
  const failed = countOf(attributes, 'failures') + countOf(attributes, 'errors', 0)
  const skipped = countOf(attributes, 'skipped', 0)
  return { passed: Math.max(0, tests - failed - skipped), failed, skipped }
}

function countOf(attributes: string, name: string, absent?: number): number {
  const digits = new RegExp(`\\s${name}="(\\d+)"`).exec(attributes)?.[1]
  if (digits !== undefined) return Number(digits)
  if (absent === undefined) throw new Error(`not a JUnit report: <testsuites> has no count of ${name}`)
  return absent
}
