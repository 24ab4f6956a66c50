/** The project's source files and what each imports. */

import { posix } from 'node:path'

export interface Import {
  /** As written. */
  specifier: string
  /** The file within the project; undefined for a package or a module of the platform. */
  file: string | undefined
  /** Written as `import type` or `export type`: gone at run time. */
  typeOnly: boolean
  /** Written as `import()`: loaded when it is come to. */
  lazy: boolean
}

export interface SourceFile {
  /** From the root of the project, with slashes. */
  path: string
  text: string
  /** Without comments. */
  code: string
  lines: number
  imports: readonly Import[]
}

/** Where code is. */
export const ROOTS = ['src', 'cli', 'web', 'scripts', 'tests', 'bench'] as const

const SPECIFIERS = [
  // import x, { type y } from 'z' · import type … · export { x } from 'z' · export * from 'z', over several lines too
  /^[ \t]*(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"]([^'"\n]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm,
  // import('x'), as a value and as a type
  /\bimport\(\s*['"]([^'"\n]+)['"]/g,
  /\brequire\(\s*['"]([^'"\n]+)['"]/g,
]

const TYPE_ONLY = /^\s*(import|export)\s+type\s+(?!from\b)/

const LAZY = /^import\(/

/** Reads a set of files by their text; imports are resolved among them. */
export function readSources(texts: ReadonlyMap<string, string>): SourceFile[] {
  const paths = new Set(texts.keys())
  return [...texts].map(([path, text]) => {
    const code = withoutComments(text)
    const matches = SPECIFIERS.flatMap((pattern) => [...code.matchAll(pattern)])
    const imports = matches.map(([statement, specifier = '']) => ({
      specifier,
      file: resolveImport(path, specifier, paths),
      typeOnly: TYPE_ONLY.test(statement),
      lazy: LAZY.test(statement),
    }))
    return { path, text, code, lines: text.split('\n').length - 1, imports }
  })
}

/** Reads all files of the project under `root`. */
export async function readProject(root: string): Promise<SourceFile[]> {
  const texts = new Map<string, string>()
  const glob = new Bun.Glob(`{${ROOTS.join(',')}}/**/*.{ts,tsx,js,mjs}`)
  for await (const path of glob.scan({ cwd: root, onlyFiles: true })) {
    texts.set(path, await Bun.file(`${root}/${path}`).text())
  }
  return readSources(texts)
}

/** Only comments that begin a line, or follow a blank: the rest may well be within a string. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/(^|[ \t])\/\/ .*$/gm, '$1')
}

function resolveImport(from: string, specifier: string, paths: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = posix.join(posix.dirname(from), specifier)
  const candidates = [target, `${target}.ts`, `${target}.tsx`, `${target}/index.ts`, target.replace(/\.js$/, '.ts')]
  return candidates.find((candidate) => paths.has(candidate)) ?? target
}
