/** The rules of the layout: who may import whom, where a vendor lives, what a file looks like. */

import { findCycles } from './cycles.ts'
import type { SourceFile } from './source-files.ts'

export interface Violation {
  path: string
  what: string
}

export interface Rule {
  name: string
  check(files: readonly SourceFile[]): Violation[]
}

/** Parts of the project, the most specific first: a file belongs to the first prefix that fits. */
const PARTS: readonly (readonly [prefix: string, part: string])[] = [
  ['src/domain/', 'domain'],
  ['src/ports/', 'ports'],
  ['src/adapters/embedded/', 'embedded'],
  ['src/adapters/distributed/', 'distributed'],
  ['src/adapters/routes/', 'routes'],
  ['src/adapters/open.ts', 'open'],
  ['src/tables/', 'tables'],
  ['src/store/', 'store'],
  ['src/http/', 'http'],
  ['src/auth/', 'auth'],
  ['src/ingest/', 'ingest'],
  ['src/fanout/', 'fanout'],
  ['src/server.ts', 'server'],
  ['src/roles/', 'server'],
  ['src/errors.ts', 'errors'],
  ['src/', 'shared'],
  ['cli/', 'cli'],
  ['web/', 'web'],
  ['scripts/', 'scripts'],
  ['tests/', 'tests'],
  ['bench/', 'bench'],
]

const SHARED = ['errors', 'shared']
const ROLE = [...SHARED, 'domain', 'ports', 'tables', 'http']
const PROGRAM = [...ROLE, 'store', 'embedded', 'distributed', 'routes', 'open', 'auth', 'ingest', 'fanout']

/** What each part may import besides itself. Roles are not in each other's rows, and the store is in auth's alone. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  shared: ['errors'],
  domain: ['errors'],
  ports: ['errors', 'domain'],
  embedded: [...SHARED, 'domain', 'ports'],
  distributed: [...SHARED, 'domain', 'ports'],
  routes: [...SHARED, 'domain', 'ports'],
  open: [...SHARED, 'ports', 'embedded', 'distributed', 'routes'],
  tables: [...SHARED, 'domain', 'ports'],
  store: [...SHARED, 'domain'],
  http: [...SHARED, 'domain'],
  auth: [...ROLE, 'store'],
  ingest: ROLE,
  fanout: ROLE,
  server: PROGRAM,
  cli: [...PROGRAM, 'server'],
  web: ['domain'],
  scripts: [...PROGRAM, 'cli', 'web'],
  // Real brokers and databases are started by what starts them for tests.
  bench: [...PROGRAM, 'server', 'cli', 'web', 'scripts', 'tests'],
  tests: [...PROGRAM, 'server', 'cli', 'web', 'scripts', 'bench'],
}

/** Where each package may be imported; a prefix, or a file. A package that is not here has no place yet. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  // Benches read what the servers hold, past the program.
  kafkajs: ['src/adapters/distributed/', 'bench/cluster/'],
  ioredis: ['src/adapters/distributed/', 'bench/cluster/'],
  commander: ['cli/'],
  hono: ['src/http/', 'src/auth/', 'src/ingest/', 'src/fanout/', 'src/roles/'],
  jose: ['src/http/', 'src/auth/'],
  zod: ['src/http/schemas.ts', 'src/http/openapi.ts', 'src/http/asyncapi.ts'],
  htmlparser2: ['cli/tracks/'],
  'maplibre-gl': ['web/'],
  pmtiles: ['web/', 'scripts/'],
  'bun:sqlite': ['src/adapters/embedded/', 'src/store/', 'scripts/'],
  ajv: ['tests/'],
  'bun:test': ['tests/'],
  'fast-check': ['tests/'],
  'playwright-core': ['tests/', 'bench/', 'scripts/'],
}

const MAX_LINES = 300
/** A file of tests is a list of cases, not a story. */
const MAX_TEST_LINES = 500

/** What opens one role. */
const ROLE_PART = /^src\/roles\/\w+-part\.ts$/

/** What makes a function depend on more than its arguments. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.|process\.|Bun\.|console\.|setTimeout|setInterval|setImmediate|queueMicrotask|fetch\(|crypto\.|document\.|window\.)/

const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract|cases|d))?\.(ts|tsx|mjs)$/
const NO_STORY = /^(utils?|helpers?|common|misc|shared|index)\.tsx?$/

export const RULES: readonly Rule[] = [
  { name: 'imports go one way', check: (files) => perImport(files, wrongDirection) },
  { name: 'what src and web import exists', check: (files) => missing(files) },
  { name: 'a vendor is imported in one place', check: (files) => perImport(files, wrongVendor) },
  { name: 'a role is loaded when it is the one', check: (files) => perFile(files, loadsRole) },
  { name: 'domain is pure', check: (files) => perFile(files, impure) },
  { name: 'the environment is read in one place', check: (files) => perFile(files, readsEnvironment) },
  { name: 'no default exports', check: (files) => perFile(files, ({ code }) => found(code, /^export default\b.*/m)) },
  {
    name: 'no barrels',
    check: (files) => perFile(files, ({ code }) => found(code, /^export\s+(type\s+)?(\*|\{[^}]*\})[^;'"\n]*from.*/m)),
  },
  { name: 'a file’s name says its story, in kebab-case', check: (files) => perFile(files, badName) },
  { name: 'a file tells one story', check: (files) => perFile(files, tooLong) },
  {
    name: 'no import cycles',
    check: (files) => findCycles(files).map((cycle) => ({ path: cycle[0] ?? '', what: cycle.join(' → ') })),
  },
]

function partOf(path: string): string | undefined {
  return PARTS.find(([prefix]) => path.startsWith(prefix))?.[1]
}

function wrongDirection({ path }: SourceFile, _specifier: string, target: string | undefined): string | undefined {
  if (target === undefined) return undefined
  const [from, to] = [partOf(path), partOf(target)]
  if (from === undefined || to === undefined || from === to) return undefined
  if (MAY_IMPORT[from]?.includes(to) === true) return undefined
  return `${from} must not import ${to}: ${target}`
}

function missing(files: readonly SourceFile[]): Violation[] {
  const paths = new Set(files.map(({ path }) => path))
  return perImport(files, ({ path }, specifier, target) => {
    if (target === undefined || !/^(src|web|cli)\//.test(path)) return undefined
    // Other kinds of files are assets; the build finds out about those.
    if (/\.[a-z0-9]+$/.test(target) && !/\.(ts|tsx)$/.test(target)) return undefined
    return paths.has(target) ? undefined : `there is no ${specifier}`
  })
}

function wrongVendor({ path }: SourceFile, specifier: string, target: string | undefined): string | undefined {
  if (target !== undefined || /^(node:|bun$|bun:(?!sqlite$|test$))/.test(specifier)) return undefined
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
  const places = VENDORS[name]
  if (places === undefined) return `${name} has no place in the table of vendors`
  // Tests look at what a vendor makes, but no vendor is theirs to choose.
  if (path.startsWith('tests/') || places.some((place) => path.startsWith(place))) return undefined
  return `${name} belongs in ${places.join(', ')}`
}

/** A process of one role must not carry the others; what opens one is what is loaded. */
function loadsRole({ path, imports }: SourceFile): string | undefined {
  const part = partOf(path)
  if (part !== 'server' || ROLE_PART.test(path)) return undefined
  const loaded = imports.find(({ file = '', typeOnly, lazy }) => {
    const isRole = ROLE_PART.test(file) || ['auth', 'ingest', 'fanout', 'store'].includes(partOf(file) ?? '')
    return isRole && !typeOnly && !lazy
  })
  return loaded === undefined ? undefined : `loads ${loaded.file} whatever the role`
}

function impure({ path, code, imports }: SourceFile): string | undefined {
  if (!path.startsWith('src/domain/')) return undefined
  const platform = imports.find(({ file }) => file === undefined)
  return platform === undefined ? found(code, IMPURE) : `imports ${platform.specifier}`
}

function readsEnvironment({ path, code }: SourceFile): string | undefined {
  // Tests make the environments of the programs they start.
  if (path === 'src/load-config.ts' || path.startsWith('tests/')) return undefined
  return found(code, /\b(process|Bun|import\.meta)\.env\b/)
}

function badName({ path }: SourceFile): string | undefined {
  const name = path.split('/').at(-1) ?? ''
  if (NO_STORY.test(name)) return `${name} names no story`
  const folders = path.split('/').slice(0, -1)
  if (!folders.every((folder) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(folder))) return 'a folder is not in kebab-case'
  return FILE_NAME.test(name) ? undefined : `${name} is not in kebab-case`
}

function tooLong({ path, lines }: SourceFile): string | undefined {
  const limit = path.startsWith('tests/') ? MAX_TEST_LINES : MAX_LINES
  return lines > limit ? `${lines} lines, more than ${limit}` : undefined
}

function found(code: string, pattern: RegExp): string | undefined {
  return pattern.exec(code)?.[0]
}

function perFile(files: readonly SourceFile[], check: (file: SourceFile) => string | undefined): Violation[] {
  return files.flatMap((file) => {
    const what = check(file)
    return what === undefined ? [] : [{ path: file.path, what }]
  })
}

function perImport(
  files: readonly SourceFile[],
  check: (file: SourceFile, specifier: string, target: string | undefined) => string | undefined,
): Violation[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier, file: target }) => {
      const what = check(file, specifier, target)
      return what === undefined ? [] : [{ path: file.path, what }]
    }),
  )
}
