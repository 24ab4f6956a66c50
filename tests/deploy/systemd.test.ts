/** The unit for machines without containers: what it starts exists, and it gives the program little to misuse. */

import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTING_LIST } from '../../src/config.ts'
import { runZlt } from '../cli/run-zlt.ts'
import { ROOT } from './compose-file.ts'

const unit = readFileSync(join(ROOT, 'deploy/systemd/zlt@.service'), 'utf8')

/** All values of a name, in order. */
function valuesOf(name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value as string)
}

test('what it starts is a command of zlt, with the role of the instance', async () => {
  expect(valuesOf('ExecStart')).toEqual(['/usr/local/bin/zlt serve'])
  expect(valuesOf('ExecStartPre')).toEqual(['/usr/local/bin/zlt config check'])
  expect(valuesOf('Environment')).toContain('ZLT_ROLE=%i')
  const check = (role: string) => runZlt(['config', 'check'], { env: { ZLT_ROLE: role } })
  expect((await check('all')).code).toBe(0)
  expect((await check('fanout')).stderr).toContain('role fanout alone needs')
})

test('what it sets is known, and its data lies where it may write', () => {
  const variables = SETTING_LIST.map(({ variable }) => variable)
  const set = valuesOf('Environment').map((pair) => pair.split('=') as [string, string])
  expect(set.map(([name]) => name).every((name) => variables.includes(name))).toBe(true)
  expect(Object.fromEntries(set).ZLT_DATA).toBe(`%S/${valuesOf('StateDirectory')[0]}`)
})

test('it may drain, and comes back by itself', () => {
  expect(Number.parseInt(valuesOf('TimeoutStopSec')[0] ?? '', 10)).toBeGreaterThan(20)
  expect([...valuesOf('KillSignal'), ...valuesOf('Restart')]).toEqual(['SIGTERM', 'always'])
})

test('it has no rights beyond its work, and may still compile its code', () => {
  const yes = ['DynamicUser', 'NoNewPrivileges', 'ProtectHome', 'PrivateTmp', 'PrivateDevices', 'RestrictNamespaces']
  for (const name of yes) expect([name, ...valuesOf(name)]).toEqual([name, 'yes'])
  expect(valuesOf('CapabilityBoundingSet')).toEqual([''])
  expect(valuesOf('ProtectSystem')).toEqual(['strict'])
  expect(valuesOf('MemoryDenyWriteExecute')).toEqual([])
})
