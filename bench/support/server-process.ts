/** Starts the server under test, or the control, in a process of its own and asks it for its CPU time and memory. */

import { join } from 'node:path'
import type { Answers, Hello, Question } from './questions'

/** A server process that listens. */
export interface ServerProcess {
  host: string
  port: number
  /** CPU time spent so far, user and system, in microseconds. */
  cpuUs(): Promise<number>
  /** Resident memory after a full collection. */
  rssBytes(): Promise<number>
  stop(): Promise<void>
}

/** The two servers that every case compares. */
export const SUBJECTS = ['zlt', 'control'] as const
export type Subject = (typeof SUBJECTS)[number]

/** Starts a server on `folder`. Only one process at a time may have a folder; the control keeps its log beside zlt's. */
export async function startServerProcess(subject: Subject, folder: string): Promise<ServerProcess> {
  let resolveNext: (message: unknown) => void = () => {}
  const next = () => new Promise<unknown>((resolve) => (resolveNext = resolve))
  const hello = next()
  const child = Bun.spawn(
    [process.execPath, ...profileFlags(subject), join(import.meta.dir, `${subject}-server.ts`), folder],
    {
      ipc: (message) => resolveNext(message),
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
    },
  )
  const gone = child.exited.then((code) => {
    throw new Error(`the ${subject} process ended with ${code}`)
  })
  gone.catch(() => {})
  const ask = async <Q extends Question>(question: Q): Promise<Answers[Q]> => {
    const answer = next()
    child.send(question)
    return (await Promise.race([answer, gone])) as Answers[Q]
  }
  const { hostname, port } = new URL(((await Promise.race([hello, gone])) as Hello).url)
  return {
    host: hostname,
    port: Number(port),
    cpuUs: async () => (await ask('cpu')).cpuUs,
    rssBytes: async () => (await ask('memory')).rssBytes,
    async stop() {
      await ask('stop')
      await child.exited
    },
  }
}

/** `--profile=FOLDER` makes zlt's processes write CPU profiles there. */
function profileFlags(subject: Subject): string[] {
  const folder = process.argv.find((arg) => arg.startsWith('--profile='))?.slice('--profile='.length)
  return folder === undefined || subject === 'control' ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}
