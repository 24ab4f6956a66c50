/**
 * Writes the documents that follow from tables in the code. `--check` writes nothing and exits 1 when one is out of date.
 * Each generator is a file path and a function that gives its whole text.
 */

import { resolve } from 'node:path'
import { settingsPage } from './settings-page'

interface Generated {
  /** From the project's root. */
  path: string
  write(): string | Promise<string>
}

const GENERATED: readonly Generated[] = [{ path: 'docs/settings.md', write: settingsPage }]

/** The first line in which two texts differ, told for a person. */
function firstDifference(old: string, fresh: string): string {
  const [oldLines, freshLines] = [old.split('\n'), fresh.split('\n')]
  const at = freshLines.findIndex((line, index) => line !== oldLines[index])
  const line = at < 0 ? freshLines.length : at
  return `line ${line + 1}:\n- ${oldLines[line] ?? '(nothing)'}\n+ ${freshLines[line] ?? '(nothing)'}`
}

const isCheck = process.argv.includes('--check')
const root = resolve(import.meta.dir, '..')
for (const { path, write } of GENERATED) {
  const file = Bun.file(resolve(root, path))
  const old = (await file.exists()) ? await file.text() : ''
  const fresh = await write()
  if (old === fresh) continue
  if (isCheck) {
    console.error(`${path} is out of date; run bun run docs. ${firstDifference(old, fresh)}`)
    process.exitCode = 1
  } else {
    await Bun.write(file, fresh)
    console.error(`wrote ${path}`)
  }
}
