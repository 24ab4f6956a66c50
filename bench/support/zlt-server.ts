/** The server under test, as `zlt serve` runs it, in a process that can be asked for its CPU time. */

import { configOf } from '../../src/config'
import { startServer } from '../../src/server'
import { answerQuestions } from './questions'

const server = await startServer(
  configOf({ data: process.argv[2] as string, port: 0, logLevel: 'error', silentAfterMs: 600_000 }),
)
answerQuestions({ url: server.url }, () => server.close())
