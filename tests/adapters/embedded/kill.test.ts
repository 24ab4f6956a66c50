/** What the log acknowledges is there after `kill -9`, with `synchronous = NORMAL`: the system has it, the disk may not. */

import { expect, test } from 'bun:test'
import { acknowledged, startLogChild } from '../../support/log-children.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { openEmbeddedAt } from './open-embedded.ts'

test('five kills under load lose nothing acknowledged', async () => {
  const folder = tempFolder()
  const path = folder.file('log.db')
  const expected = new Set<string>()
  let fact = 0
  for (let round = 0; round < 5; round++) {
    const child = await startLogChild('append', path)
    // Somewhere within the work, at another place each time.
    await until(() => child.lines.length > 200 + round * 333, 'a few hundred acknowledged appends')
    await child.kill()
    const said = acknowledged(child)
    for (const number of said.numbers) expected.add(number).add(`${number}b`)
    fact = Math.max(fact, said.fact)

    const embedded = openEmbeddedAt(path)
    const { db } = embedded.file
    const found = (db.query('SELECT value FROM log ORDER BY at').all() as { value: string }[]).map(({ value }) => value)
    const present = new Set(found)
    expect([...expected].filter((value) => !present.has(value))).toEqual([])
    // Whole calls, and none twice.
    expect(found.length).toBe(present.size)
    expect(found.filter((value) => !value.endsWith('b') && !present.has(`${value}b`))).toEqual([])
    const row = db.query("SELECT value FROM facts WHERE key = 'last'").get() as { value: string }
    expect(Number(row.value)).toBeGreaterThanOrEqual(fact)
    expect(db.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(embedded.file.mayHaveRewound).toBe(false)
    await embedded.close()
  }
  expect(expected.size).toBeGreaterThan(2_000)
  folder.remove()
}, 60_000)
