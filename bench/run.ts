/** Runs the benches that are named, or all: `bun bench/run.ts [name…] [--json] [--profile=FOLDER]`. Exit code 1 when a target was missed. */

import { type CaseResult, renderTable } from './support/result'

const BENCHES: Record<string, () => Promise<CaseResult[]>> = {
  ingest: async () => (await import('./ingest')).benchIngest(),
  fanout: async () => (await import('./fanout')).benchFanout(),
  idle: async () => (await import('./idle')).benchIdle(),
  latency: async () => (await import('./latency')).benchLatency(),
  orders: async () => (await import('./orders')).benchOrders(),
  start: async () => (await import('./start')).benchStart(),
}

const args = process.argv.slice(2)
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => BENCHES[name] === undefined)
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}

const results: CaseResult[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue
  console.error(`${name} …`)
  results.push(...(await bench()))
}
console.log(args.includes('--json') ? JSON.stringify(results, null, 2) : renderTable(results))
process.exit(results.every(({ ok }) => ok) ? 0 : 1)
