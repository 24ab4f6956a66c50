import { describe, expect, test } from 'bun:test'
import { resolve } from 'node:path'

const MODULE = resolve(import.meta.dir, '../../cli/stop-on-signals.ts')

/** Runs a program that has `running` (an expression), and signals it each time it has printed a line. */
async function signalled(running: string, signals: readonly NodeJS.Signals[]): Promise<number> {
  const program = `
    import { stopOnSignals } from ${JSON.stringify(MODULE)}
    stopOnSignals(() => (${running}))
    setInterval(() => {}, 1000)
    console.log('ready')`
  const child = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe', stderr: 'ignore' })
  const left = [...signals]
  for await (const _ of child.stdout) child.kill(left.shift() ?? 'SIGKILL')
  return child.exited
}

const SLOW = "{ close: () => { console.log('closing'); return new Promise(() => {}) } }"

describe('a signal', () => {
  test('closes and exits 0', async () => {
    expect(await signalled('{ close: async () => {} }', ['SIGTERM'])).toBe(0)
  })

  test('exits 1 when closing fails', async () => {
    expect(await signalled("{ close: () => Promise.reject(new Error('disk')) }", ['SIGINT'])).toBe(1)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it at once while there is nothing to close', async (signal, code) => {
    expect(await signalled('undefined', [signal])).toBe(code)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second one, %s, does not wait', async (signal, code) => {
    expect(await signalled(SLOW, ['SIGTERM', signal])).toBe(code)
  })
})
