import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, writeFileSync } from 'node:fs'
import { findJava } from '../../scripts/find-program.ts'
import { tempFolder } from '../support/temp-folder.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

/** A `java` that says what one of this version says. */
function javaSaying(line: string): string {
  const path = folder.file('java')
  writeFileSync(path, `#!/bin/sh\n[ "$1" = -version ] && echo '${line}' >&2\n`)
  chmodSync(path, 0o755)
  return path
}

test.each(['openjdk version "17.0.15" 2025-04-15', 'java version "25" 2025-09-16 LTS'])('runs Kafka: %s', (line) => {
  const path = javaSaying(line)
  expect(findJava(path)).toBe(path)
})

test.each([
  'openjdk version "11.0.27" 2025-04-15',
  'java version "1.8.0_451"',
  'The operation couldn’t be completed. Unable to locate a Java Runtime.',
])('is too old for Kafka, or none: %s', (line) => {
  const path = javaSaying(line)
  expect(findJava(path)).not.toBe(path)
})
