/** The layout and its rules hold, and each rule would notice if they did not. */

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { RULES } from './architecture/rules.ts'
import { readProject, readSources, type SourceFile } from './architecture/source-files.ts'

const ROOT = join(import.meta.dir, '..')

/** What is not so, and why it may be. One that excuses nothing any more is itself an error. */
const EXCEPTIONS: readonly { rule: string; path: string; reason: string }[] = [
  {
    rule: 'a vendor is imported in one place',
    path: 'scripts/check-jws-vectors.ts',
    reason: 'holds our verifier against vectors that the vendor reads too',
  },
  {
    rule: 'the environment is read in one place',
    path: 'scripts/build-web.ts',
    reason: 'part of the build, not of the program',
  },
  {
    rule: 'the environment is read in one place',
    path: 'scripts/with-bun.mjs',
    reason: 'finds Bun; nothing of the program runs before it',
  },
  {
    rule: 'the environment is read in one place',
    path: 'scripts/test.ts',
    reason: 'hands it on to the tests with what they share',
  },
  { rule: 'a file tells one story', path: 'web/track/map-view.ts', reason: 'one class around one map' },
]

describe('the project', async () => {
  const files = await readProject(ROOT)

  for (const { name, check } of RULES) {
    test(name, () => {
      const excused = new Set(EXCEPTIONS.filter(({ rule }) => rule === name).map(({ path }) => path))
      const violations = check(files).filter(({ path }) => !excused.has(path))
      expect(violations.map(({ path, what }) => `${path}: ${what}`)).toEqual([])
    })
  }

  test('every exception is still needed', () => {
    const unneeded = EXCEPTIONS.filter(({ rule, path }) => {
      const violations = RULES.find(({ name }) => name === rule)?.check(files) ?? []
      return !violations.some((violation) => violation.path === path)
    })
    expect(unneeded).toEqual([])
  })

  test('no import is overlooked: all that Bun’s own parser finds are among ours', () => {
    const transpiler = new Bun.Transpiler({ loader: 'ts' })
    const overlooked = files
      .filter(({ path }) => !path.endsWith('.d.ts'))
      .flatMap(({ path, text, imports }) => {
        const ours = new Set(imports.map(({ specifier }) => specifier))
        const theirs = transpiler.scanImports(text.replace(/^#!.*/, '')).map((found) => found.path)
        return theirs.filter((specifier) => !ours.has(specifier)).map((specifier) => `${path}: ${specifier}`)
      })
    expect(overlooked).toEqual([])
    expect(files.length).toBeGreaterThan(100)
  })
})

/** A small project that keeps all rules; each violation is planted into it. */
const SOUND: Readonly<Record<string, string>> = {
  'src/domain/fix.ts': "import type { Fault } from '../errors'\nimport { isId } from './id'\n",
  'src/domain/id.ts': 'export const isId = 1 // Date.now() is not for here\n',
  'src/domain/view.ts': '/* process.env */\n',
  'src/errors.ts': '',
  'src/config.ts': '',
  'src/load-config.ts': 'const url = process.env.ZLT_HOST\n',
  'src/ports/log.ts': "import type { Fix } from '../domain/fix'\n",
  'src/adapters/embedded/log.ts': "import { Database } from 'bun:sqlite'\nimport type { Log } from '../../ports/log'\n",
  'src/adapters/distributed/log.ts': "import { Kafka } from 'kafkajs'\nimport type { Log } from '../../ports/log'\n",
  'src/adapters/open.ts': "const { EmbeddedLog } = await import('./embedded/log')\n",
  'src/tables/orders.ts': "import type { Fix } from '../domain/fix'\n",
  'src/store/sql.ts': "import { SQL } from 'bun'\nimport { isId } from '../domain/id'\n",
  'src/http/app.ts': "import { Hono } from 'hono'\n",
  'src/auth/routes.ts': "import { Hono } from 'hono'\nimport { open } from '../store/sql'\n",
  'src/ingest/routes.ts': "import { app } from '../http/app'\nimport type { Log } from '../ports/log'\n",
  'src/fanout/hub.ts': "import { orders } from '../tables/orders'\n",
  'src/roles/fanout-part.ts': "import { hub } from '../fanout/hub'\n",
  'src/roles/node.ts':
    "import type { Hub } from '../fanout/hub'\nconst part = async () => (await import('./fanout-part')).open\n",
  'src/server.ts': "import { openAdapters } from './adapters/open'\nimport { startNode } from './roles/node'\n",
  'cli/main.ts': "import { Command } from 'commander'\nimport { startServer } from '../src/server'\n",
  'web/client/tracking.ts': "import { merge } from '../../src/domain/view'\n",
  'tests/server.test.ts': "import { test } from 'bun:test'\nimport '../src/server.ts'\n",
}

/** Changes or adds files; the text is appended to what is there. */
function planted(plants: Readonly<Record<string, string>>): SourceFile[] {
  const texts = new Map(Object.entries(SOUND))
  for (const [path, text] of Object.entries(plants)) texts.set(path, (texts.get(path) ?? '') + text)
  return readSources(texts)
}

const DIRECTION = 'imports go one way'
const VENDOR = 'a vendor is imported in one place'
const LAZY = 'a role is loaded when it is the one'
const PURE = 'domain is pure'
const ENVIRONMENT = 'the environment is read in one place'
const NAME = 'a file’s name says its story, in kebab-case'
const CYCLE = 'no import cycles'

/** One violation each: the rule that must notice, the file it must name, and what is planted. */
const PLANTS: readonly [rule: string, path: string, text: string][] = [
  [DIRECTION, 'src/domain/view.ts', "import type { Log } from '../ports/log'"],
  [DIRECTION, 'src/domain/view.ts', "import { load } from '../config'"],
  [DIRECTION, 'src/ports/log.ts', "export type A = import('../adapters/embedded/log').A"],
  [DIRECTION, 'src/ports/log.ts', "import { orders } from '../tables/orders'"],
  [DIRECTION, 'src/adapters/embedded/log.ts', "import {\n  a,\n  b,\n} from '../distributed/log'"],
  [DIRECTION, 'src/adapters/embedded/log.ts', "import { orders } from '../../tables/orders'"],
  [DIRECTION, 'src/adapters/open.ts', "import { hub } from '../fanout/hub'"],
  [DIRECTION, 'src/tables/orders.ts', "import { open } from '../store/sql'"],
  [DIRECTION, 'src/store/sql.ts', "import type { Log } from '../ports/log'"],
  [DIRECTION, 'src/http/app.ts', "import { hub } from '../fanout/hub'"],
  [DIRECTION, 'src/http/app.ts', "import { orders } from '../tables/orders'"],
  [DIRECTION, 'src/auth/routes.ts', "const { hub } = await import('../fanout/hub')"],
  [DIRECTION, 'src/ingest/routes.ts', "import type { R } from '../auth/routes'"],
  [DIRECTION, 'src/ingest/routes.ts', "import { open } from '../store/sql'"],
  [DIRECTION, 'src/fanout/hub.ts', "export { open } from '../store/sql'"],
  [DIRECTION, 'src/fanout/hub.ts', "import { EmbeddedLog } from '../adapters/embedded/log'"],
  [DIRECTION, 'src/fanout/hub.ts', "import '../server'"],
  [DIRECTION, 'src/auth/routes.ts', "import { openAdapters } from '../adapters/open'"],
  [DIRECTION, 'src/config.ts', "import type { Fix } from './domain/fix'"],
  [DIRECTION, 'src/server.ts', "import '../cli/main'"],
  [DIRECTION, 'src/server.ts', "import '../web/client/tracking'"],
  [DIRECTION, 'cli/main.ts', "import '../tests/server.test.ts'"],
  [DIRECTION, 'web/client/tracking.ts', "import { app } from '../../src/http/app'"],
  [DIRECTION, 'web/client/tracking.ts', "import type { Config } from '../../src/config'"],
  [LAZY, 'src/roles/node.ts', "import { open } from './fanout-part'"],
  [LAZY, 'src/roles/node.ts', "import { open } from '../store/sql'"],
  [LAZY, 'src/server.ts', "import { open } from './roles/fanout-part'"],
  [DIRECTION, 'src/fanout/hub.ts', "import '../roles/node'"],
  [DIRECTION, 'src/roles/node.ts', "import '../../cli/main'"],
  ['what src and web import exists', 'src/http/app.ts', "import './gone'"],
  [VENDOR, 'src/adapters/embedded/log.ts', "import { Kafka } from 'kafkajs'"],
  [VENDOR, 'src/fanout/hub.ts', "import type { Redis } from 'ioredis'"],
  [VENDOR, 'src/server.ts', "import { Command } from 'commander'"],
  [VENDOR, 'src/adapters/open.ts', "import { Hono } from 'hono'"],
  [VENDOR, 'src/adapters/embedded/log.ts', "import { cors } from 'hono/cors'"],
  [VENDOR, 'src/fanout/hub.ts', "import { jwtVerify } from 'jose'"],
  [VENDOR, 'src/http/app.ts', "import { z } from 'zod'"],
  [VENDOR, 'src/tables/orders.ts', "import { Database } from 'bun:sqlite'"],
  [VENDOR, 'src/server.ts', "const { Map } = await import('maplibre-gl')"],
  [VENDOR, 'src/server.ts', "import { PMTiles } from 'pmtiles'"],
  [VENDOR, 'cli/main.ts', "import { expect } from 'bun:test'"],
  [VENDOR, 'cli/main.ts', "import '@scope/unknown/part'"],
  [PURE, 'src/domain/id.ts', 'export const now = Date.now()'],
  [PURE, 'src/domain/id.ts', 'export const jitter = () => Math.random()'],
  [PURE, 'src/domain/id.ts', "import { hash } from 'node:crypto'"],
  [PURE, 'src/domain/id.ts', "console.log('x')"],
  [ENVIRONMENT, 'src/http/app.ts', 'const { env } = process.env'],
  [ENVIRONMENT, 'cli/main.ts', 'const path = Bun.env.PATH'],
  [ENVIRONMENT, 'scripts/make.ts', 'const path = import.meta.env.PATH'],
  ['no default exports', 'src/http/app.ts', 'export default 1'],
  ['no barrels', 'src/http/all.ts', "export * from './app'"],
  ['no barrels', 'src/http/all.ts', "export type { App } from './app'"],
  ['no barrels', 'src/http/all.ts', "export {\n  app,\n} from './app'"],
  [NAME, 'src/http/utils.ts', ''],
  [NAME, 'cli/index.ts', ''],
  [NAME, 'src/http/openApi.ts', ''],
  [NAME, 'src/http/open_api.ts', ''],
  [NAME, 'src/httpServer/open.ts', ''],
  ['a file tells one story', 'src/http/app.ts', '\n'.repeat(300)],
  ['a file tells one story', 'tests/server.test.ts', '\n'.repeat(500)],
  [CYCLE, 'src/domain/fix.ts', "import './fix'"],
]

describe('each rule', () => {
  test('is content with a sound project', () => {
    expect(RULES.flatMap(({ check }) => check(planted({})))).toEqual([])
  })

  for (const [rule, path, text] of PLANTS) {
    test(`${rule}: notices ${JSON.stringify(text.slice(0, 60))} in ${path}`, () => {
      const check = RULES.find(({ name }) => name === rule)?.check
      expect(check?.(planted({ [path]: `${text}\n` })).map((violation) => violation.path)).toEqual([path])
    })
  }

  test('no import cycles: notices a long one, with a dynamic import in it, unless it is one of types', () => {
    const cycles = (first: string) =>
      RULES.find(({ name }) => name === CYCLE)?.check(
        planted({
          'src/http/a.ts': first,
          'src/http/b.ts': "export const c = () => import('./c')\n",
          'src/http/c.ts': "import { a } from './a'\n",
        }),
      )
    expect(cycles("import { type B, b } from './b'\n")?.map(({ what }) => what.split(' → ').length)).toEqual([4])
    expect(cycles("import type { B } from './b'\n")).toEqual([])
  })

  test('is proven by a plant', () => {
    const proven = new Set(PLANTS.map(([rule]) => rule))
    expect(RULES.filter(({ name }) => !proven.has(name))).toEqual([])
  })
})
