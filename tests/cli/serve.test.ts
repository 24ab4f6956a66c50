import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { emptyFolder, MAIN, runZlt } from './run-zlt'

const folder = emptyFolder()
afterAll(folder.remove)

/** Starts a server on a free port and waits for the line with its URL. */
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
    const url = /^zlt listens on (\S+)\n/m.exec(told)?.[1]
    if (url !== undefined) return { child, url, told }
  }
  throw new Error(`it ended with ${await child.exited}: ${told}`)
}

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('listens, says where, and ends with 0 on %s', async (signal) => {
    const { child, url, told } = await startServe(signal)
    try {
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      expect(told).not.toContain('next:')
    } finally {
      child.kill(signal)
    }
    expect(await child.exited).toBe(0)
  })

  test('says whose the port is when it is taken', async () => {
    const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
    const { port } = other
    const { code, stderr } = await runZlt(['serve', '--port', String(port), '--data', join(folder.path, 'taken')])
    await other.stop(true)
    expect(code).toBe(1)
    expect(stderr).toContain(`127.0.0.1:${port} is in use by another program\n  stop it, or choose another with --port`)
  })

  test('refuses what it cannot do yet in a plain sentence', async () => {
    const { code, stderr } = await runZlt(['serve', '--brokers', 'k:9092', '--redis', 'redis://r'])
    expect(code).toBe(1)
    expect(stderr).toBe(
      'error: this version cannot use Kafka and Redis yet\n  unset brokers and redis to run everything in one process\n',
    )
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
