/** Runs the table of bad input against a server; started by itself it prints name, expected and got. */

import { exchange, type RawExchange } from '../support/raw-http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openRawViewer } from '../support/viewer.ts'
import {
  type BadFrame,
  type BadInput,
  BODY_ROWS,
  CONTROL_ROWS,
  FRAME_ROWS,
  REQUEST_ROWS,
  type Who,
} from './bad-input-rows.ts'

/** An answer that takes longer than this counts as `waits`; parking takes 250 ms. */
const WAIT_MS = 1_500

export interface BadInputServer {
  server: TestServer
  authorization(who: Who): string
  /** What the row's input got, in the words of its `expected`. */
  tryInput(row: BadInput): Promise<string>
  tryFrame(row: BadFrame): Promise<string>
}

/** Starts a server with one order that is a rider's and a customer's. */
export async function startBadInputServer(): Promise<BadInputServer> {
  const server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  const customer = await server.token('CUSTOMER', 'c1')
  const tokens: Record<Who, string> = {
    rider: await server.token('DELIVERY_PARTNER', 'dp1'),
    customer,
    desk: await server.token('INTERNAL_SERVICE', 'desk'),
    admin: await server.token('ADMIN', 'root'),
    nobody: '',
  }
  const authorization = (who: Who) => (who === 'nobody' ? '' : `Authorization: Bearer ${tokens[who]}\r\n`)
  return {
    server,
    authorization,
    async tryInput({ bytes, answers = 1 }) {
      return describe(await exchange(server.port, bytes(authorization), { answers, withinMs: WAIT_MS }))
    },
    async tryFrame({ opcode, payload }) {
      const viewer = await openRawViewer(server, '/ws?order_id=o1', customer)
      viewer.send(opcode, payload)
      const closing = await Promise.race([viewer.closing, Bun.sleep(500).then(() => undefined)])
      viewer.close()
      const error = viewer.frames.find(({ type }) => type === 'error')
      return closing !== undefined ? `close ${closing.code}` : error !== undefined ? `error ${error.code}` : 'nothing'
    },
  }
}

function describe({ answers, closed }: RawExchange): string {
  if (answers.length === 0) return closed ? 'closed' : 'waits'
  return answers
    .map(({ status, body, headers }) => {
      if (headers['content-type'] === 'application/problem+json') return `${status} ${JSON.parse(body).code}`
      return status >= 400 ? `${status} Bun` : String(status)
    })
    .join(' | ')
}

if (import.meta.main) {
  const target = await startBadInputServer()
  const rows: [name: string, expected: string, got: string][] = []
  for (const row of [...BODY_ROWS, ...CONTROL_ROWS, ...REQUEST_ROWS]) {
    rows.push([row.name, row.expected, await target.tryInput(row)])
  }
  for (const row of FRAME_ROWS) rows.push([`frame: ${row.name}`, row.expected, await target.tryFrame(row)])
  await target.server.close()
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(`${'input'.padEnd(width)}  ${'expected'.padEnd(40)}  got`)
  for (const [name, expected, got] of rows) {
    console.log(
      `${name.padEnd(width)}  ${expected.padEnd(40)}  ${got}${got === expected ? '' : '   ← not as expected'}`,
    )
  }
  const wrong = rows.filter(([, expected, got]) => got !== expected).length
  console.log(`${rows.length} inputs, ${wrong} not as expected`)
  process.exitCode = wrong === 0 ? 0 : 1
}
