/** The embedded log under `kill -9` and on a full disk: what it has acknowledged is there, and the file is whole. */

import { DataFolderError } from '../../src/adapters/embedded/data-folder.ts'
import { type Embedded, openEmbeddedAt } from '../adapters/embedded/open-embedded.ts'
import { acknowledged, startLogChild } from '../support/log-children.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import type { Report } from './report.ts'
import { mountSmallDisk } from './small-disk.ts'

export const name = 'embedded-log'

const KILLS = 20

export async function run(report: Report): Promise<void> {
  await killOften(report)
  await fillDisk(report)
}

async function killOften(report: Report): Promise<void> {
  const folder = tempFolder()
  try {
    let [total, lost, damaged, oldFacts] = [0, 0, 0, 0]
    for (let round = 1; round <= KILLS; round++) {
      const child = await startLogChild('append', folder.file('log.db'))
      await until(() => child.lines.length > 100, 'the first acknowledged appends')
      // Across checkpoints, which come each second, and at any point of a transaction.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_500))
      await child.kill()
      const { numbers, fact } = acknowledged(child)
      const embedded = openEmbeddedAt(folder.file('log.db'))
      const lostNow = countLost(
        embedded,
        numbers.flatMap((number) => [number, `${number}b`]),
      )
      total += 2 * numbers.length
      lost += lostNow
      if (!isWhole(embedded)) damaged++
      const row = embedded.file.db.query("SELECT value FROM facts WHERE key = 'last'").get() as { value: string } | null
      if (Number(row?.value ?? 0) < fact) oldFacts++
      await embedded.close()
      report.progress(`kill ${round} of ${KILLS}: ${2 * numbers.length} acknowledged, ${lostNow} lost`)
    }
    report.check(
      `${KILLS} kills: every acknowledged record is found`,
      lost === 0 && total > 0,
      `${lost} of ${total} lost`,
    )
    report.check(`${KILLS} kills: no published fact is lost`, oldFacts === 0, `${oldFacts} times`)
    report.check(`${KILLS} kills: the file is whole each time`, damaged === 0, `${damaged} damaged`)
  } finally {
    folder.remove()
  }
}

async function fillDisk(report: Report): Promise<void> {
  const disk = mountSmallDisk(6)
  try {
    const path = `${disk.path}/log.db`
    let embedded = openEmbeddedAt(path)
    const stored: string[] = []
    for (let round = 0; round < 3; round++) {
      const code = await appendUntilRefused(embedded, `${round}`, stored)
      report.progress(`full after ${stored.length} records in all: ${code}`)
      report.check(`full disk ${round}: an append is refused as disk_full`, code === 'disk_full', code)
      const health = await embedded.log.health()
      report.check(`full disk ${round}: health says so`, !health.ok, health.ok ? 'ok' : health.reason)
      await embedded.close()
      const again = restart(path)
      report.check(`full disk ${round}: a restart works or says what is wrong`, again.ok, again.detail)
      disk.resize(6 + (round + 1) * 4)
      embedded = again.embedded ?? openEmbeddedAt(path)
      await until(async () => (await embedded.log.health()).ok, 'good health with room again')
      await embedded.log.append([{ key: 'order', value: `after ${round}`, headers: {} }])
      stored.push(`after ${round}`)
    }
    disk.resize(64)
    report.check('full disk: nothing acknowledged is lost', countLost(embedded, stored) === 0, stored.length)
    report.check('full disk: the file is whole', isWhole(embedded))
    await embedded.close()
    embedded = openEmbeddedAt(path)
    report.check('full disk: a restart finds it all', countLost(embedded, stored) === 0, stored.length)
    await embedded.close()
  } finally {
    disk.unmount()
  }
}

/** A start on a disk without room: one that is refused has to be so in a sentence. */
function restart(path: string): { ok: boolean; detail: string; embedded?: Embedded } {
  try {
    return { ok: true, detail: 'works', embedded: openEmbeddedAt(path) }
  } catch (error) {
    return { ok: error instanceof DataFolderError, detail: String(error) }
  }
}

/** @returns the code of the refusal */
async function appendUntilRefused(embedded: Embedded, prefix: string, stored: string[]): Promise<string> {
  for (let i = 0; ; i++) {
    const values = Array.from({ length: 40 }, (_, j) => `${prefix}.${i}.${j} ${'x'.repeat(300)}`)
    try {
      await embedded.log.append(values.map((value) => ({ key: 'order', value, headers: {} })))
      stored.push(...values)
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }
}

function countLost({ file }: Embedded, values: readonly string[]): number {
  const one = file.db.query('SELECT value FROM log')
  const found = new Set((one.all() as { value: string }[]).map(({ value }) => value))
  return values.filter((value) => !found.has(value)).length
}

function isWhole({ file }: Embedded): boolean {
  const row = file.db.query('PRAGMA integrity_check').get() as { integrity_check: string }
  return row.integrity_check === 'ok'
}
