import { join } from 'node:path'

/** What `docs/security.md` lets zlt's user in Redis do: the arguments of `ACL SETUSER` after its name. */
export async function documentedRules(password: string): Promise<string[]> {
  const page = await Bun.file(join(import.meta.dir, '../../../docs/security.md')).text()
  const [, line] = /^ACL SETUSER zlt (.*)$/m.exec(page) ?? []
  if (line === undefined) throw new Error('docs/security.md names no rules')
  return line.replace('PASSWORD', password).split(' ')
}
