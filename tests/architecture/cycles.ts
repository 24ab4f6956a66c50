/** Import cycles, by Tarjan's strongly connected components (SIAM J. Comput. 1(2), 1972). */

import type { SourceFile } from './source-files.ts'

/**
 * Groups of files that import each other in a circle, each as a path that ends where it began. Type imports do not
 * count: they are gone at run time, when a circle would make what one gets depend on who came first.
 */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(
    files.map(({ path, imports }) => [path, imports.flatMap(({ file, typeOnly }) => (typeOnly ? [] : (file ?? [])))]),
  )
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []

  const visit = (path: string): void => {
    index.set(path, index.size)
    low.set(path, index.get(path) ?? 0)
    stack.push(path)
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue
      if (!index.has(target)) visit(target)
      if (stack.includes(target)) low.set(path, Math.min(low.get(path) ?? 0, low.get(target) ?? 0))
    }
    if (low.get(path) !== index.get(path)) return
    const group = new Set(stack.splice(stack.indexOf(path)))
    const importsItself = targets.get(path)?.includes(path) === true
    if (group.size > 1 || importsItself) cycles.push(circleFrom(path, group, targets))
  }
  for (const path of targets.keys()) if (!index.has(path)) visit(path)
  return cycles
}

/** The shortest way from `start` back to it within its group. */
function circleFrom(start: string, group: ReadonlySet<string>, targets: ReadonlyMap<string, string[]>): string[] {
  const ways: string[][] = [[start]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const target of targets.get(way.at(-1) ?? '') ?? []) {
      if (target === start) return [...way, start]
      if (!group.has(target) || seen.has(target)) continue
      seen.add(target)
      ways.push([...way, target])
    }
  }
  return [start]
}
