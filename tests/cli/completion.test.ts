import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyFolder, runZlt } from './run-zlt'

const folder = emptyFolder()
afterAll(folder.remove)

describe('bash', () => {
  const script = join(folder.path, 'zlt.bash')
  beforeAll(async () => writeFileSync(script, (await runZlt(['completion', 'bash'])).stdout))

  /** What bash would offer after these words, the last of them being typed. */
  async function offered(...words: string[]): Promise<string[]> {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    const ask = 'source "$0"; COMP_WORDS=(zlt "$@"); COMP_CWORD=$#; _zlt; printf "%s\\n" "${COMPREPLY[@]}"'
    const child = Bun.spawn(['bash', '--norc', '-c', ask, script, ...words], { stdout: 'pipe', stderr: 'ignore' })
    return (await new Response(child.stdout).text()).split('\n').filter((word) => word !== '')
  }

  test('registers itself', async () => {
    const child = Bun.spawn(['bash', '--norc', '-c', 'source "$0" && complete -p zlt', script], { stdout: 'pipe' })
    expect(await new Response(child.stdout).text()).toBe('complete -o default -F _zlt zlt\n')
  })

  test('offers commands, their commands, flags and values', async () => {
    expect(await offered('')).toContain('serve')
    expect(await offered('us')).toEqual(['user'])
    expect(await offered('order', 'f')).toEqual(['forget'])
    expect(await offered('serve', '--po')).toEqual(['--port'])
    expect(await offered('serve', '--role', '')).toEqual(['all', 'auth', 'ingest', 'fanout'])
    expect(await offered('token', '--role', 'C')).toEqual(['CUSTOMER'])
    expect(await offered('order', 'status', 'order123', 'd')).toEqual(['delivered'])
    expect(await offered('order', 'assign', 'config', '')).not.toContain('print')
    expect(await offered('serve', '--host', '')).toEqual([])
  })
})

test.each(['zsh', 'fish'])('%s: the script names every command and sets a quote apart', async (shell) => {
  const { code, stdout } = await runZlt(['completion', shell])
  expect(code).toBe(0)
  for (const name of ['serve', 'token', 'user', 'order', 'config', 'completion', 'forget', 'fanout']) {
    expect(stdout).toContain(name)
  }
  // An odd number of quotes would leave one open.
  expect((stdout.match(/'/g) ?? []).length % 2).toBe(0)
})

test('another shell is a wrong usage', async () => {
  expect((await runZlt(['completion', 'csh'])).code).toBe(2)
})
