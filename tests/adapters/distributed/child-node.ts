/** Starts `mail-child.ts`, a node that can be killed and frozen, and writes down what it tells. */

import { join } from 'node:path'
import { until } from '../../support/until.ts'

export interface ChildNode {
  self: string
  /** Each line it has told. */
  told: Record<string, unknown>[]
  /** The values told under `name`. */
  all(name: string): unknown[]
  command(command: object): void
  signal(signal: NodeJS.Signals): void
  end(): Promise<void>
}

let serial = 0

export async function startChildNode(url: string): Promise<ChildNode> {
  const self = `child.${Date.now()}${++serial}`
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'mail-child.ts'), url, self], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const told: Record<string, unknown>[] = []
  void readLines(child.stdout, (line) => told.push(JSON.parse(line)))
  const node: ChildNode = {
    self,
    told,
    all: (name) => told.flatMap((line) => (name in line ? [line[name]] : [])),
    command(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      child.stdin.flush()
    },
    signal: (signal) => child.kill(signal),
    async end() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
  await until(() => node.all('open').length > 0, 'the node to open', 20_000)
  return node
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
