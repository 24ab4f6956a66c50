import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { emptyFolder, MAIN, runZlt } from './run-zlt'

const folder = emptyFolder()
afterAll(folder.remove)

/** Starts a server on a free port and waits until its log says that it listens. */
async function startServe(data: string) {
  const child = Bun.spawn([process.execPath, MAIN, 'serve', '--port', '0', '--data', join(folder.path, data)], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? '' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let told = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stderr) {
    told += decoder.decode(chunk, { stream: true })
    const url = /"event":"listening","url":"([^"]+)"/.exec(told)?.[1]
    if (url !== undefined) return { child, url }
  }
  throw new Error(`it ended with ${await child.exited}: ${told}`)
}

/** The first lines of a stream that may not end. */
async function linesOf(stream: ReadableStream<Uint8Array>, count: number): Promise<string[]> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    if (text.split('\n').length > count) break
  }
  return text.split('\n').slice(0, count)
}

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('makes a first admin, and ends with 0 on %s', async (signal) => {
    const { child, url } = await startServe(signal)
    let password: string | undefined
    try {
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      const [line] = await linesOf(child.stdout, 1)
      password = /^first admin: admin, password: (\S+) \(shown only this once\)$/.exec(line ?? '')?.[1]
      const login = await fetch(`${url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password }),
      })
      expect(login.status).toBe(200)
    } finally {
      child.kill(signal)
    }
    expect(await child.exited).toBe(0)
  })

  test('says whose the port is when it is taken', async () => {
    const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
    const { port } = other
    const args = ['serve', '--port', String(port), '--data', join(folder.path, 'taken'), '--log-level', 'silent']
    const { code, stdout, stderr } = await runZlt(args)
    await other.stop(true)
    expect(code).toBe(1)
    // The admin was made all the same, and no later start can tell its password.
    expect(stdout).toMatch(/^first admin: admin, password: \S+ \(shown only this once\)\n$/)
    expect(stderr).toBe(`error: port ${port} on 127.0.0.1 is taken; stop what uses it, or choose another with --port\n`)
  })

  test.each([
    ['ingest', 'ZLT_AUTH_URL'],
    ['auth', 'ZLT_DATABASE=postgres://'],
  ])('the role %s does not start without what it needs, and names %s', async (role, setting) => {
    const { code, stderr } = await runZlt(['serve', '--role', role, '--brokers', 'k:9092', '--redis', 'redis://r'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error: role .*\n$/)
    expect(stderr).toContain(setting)
  })

  test('exits 3 when its database does not answer, and says which setting names it, without the password', async () => {
    const args = ['serve', '--port', '0', '--data', join(folder.path, 'no-database'), '--log-level', 'silent']
    const { code, stderr } = await runZlt([...args, '--database', 'postgres://zlt:hidden@127.0.0.1:1/zlt'])
    expect(stderr).toBe('error: cannot reach the database at 127.0.0.1:1 (ZLT_DATABASE): Failed to connect\n')
    expect(code).toBe(3)
  })

  test('tells in its help what each role is for', async () => {
    const { code, stdout } = await runZlt(['serve', '--help'])
    expect(code).toBe(0)
    for (const role of ['all', 'auth', 'ingest', 'fanout']) expect(stdout).toMatch(new RegExp(`^  ${role} {2,}`, 'm'))
  })

  test('tells all that is wrong with its settings, and exits 2', async () => {
    const { code, stderr } = await runZlt(['serve', '--port', '70000'], { env: { ZLT_BROKER: 'k:9092' } })
    expect(code).toBe(2)
    expect(stderr.split('\n')).toEqual([
      'error: ZLT_BROKER is not a setting; did you mean ZLT_BROKERS?',
      'error: --port is "70000": write a whole number from 0 to 65535',
      '',
    ])
  })
})
