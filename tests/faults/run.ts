/**
 * Long runs that break things on purpose: `npm run faults -- [NAME…]`. Not part of the tests; they take minutes, and some
 * need root. Progress goes to stderr, a table to stdout. Exits 1 when anything failed, 2 for a name there is none of.
 */

import * as clusterAppend from './cluster/run-append.ts'
import * as control from './cluster/run-control.ts'
import * as clusterKafka from './cluster/run-kafka.ts'
import { killed, rolling, slept } from './cluster/run-nodes.ts'
import { foreign, poison } from './cluster/run-records.ts'
import * as clusterRedis from './cluster/run-redis.ts'
import * as steady from './cluster/run-steady.ts'
import * as diskFull from './disk-full.ts'
import * as drain from './drain.ts'
import * as embeddedLog from './embedded-log.ts'
import * as killServer from './kill-server.ts'
import * as overload from './overload.ts'
import { type FaultRun, Report } from './report.ts'
import * as soak from './soak.ts'

/** The list. */
const RUNS: readonly FaultRun[] = [
  ...[embeddedLog, killServer, diskFull, drain, overload, soak],
  ...[steady, killed, slept, rolling, clusterRedis, control, clusterAppend, clusterKafka, poison, foreign],
]

const names = process.argv.slice(2)
const unknown = names.filter((name) => !RUNS.some((run) => run.name === name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are: ${RUNS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const report = new Report()
for (const { name, run } of RUNS) {
  if (names.length > 0 && !names.includes(name)) continue
  report.begin(name)
  const startedMs = performance.now()
  let failure: unknown
  await run(report).catch((error) => {
    failure = error
    console.error(error)
  })
  const seconds = `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`
  report.check('ran to its end', failure === undefined, failure === undefined ? seconds : String(failure))
}
console.log(report.table())
process.exit(report.failed ? 1 : 0)
