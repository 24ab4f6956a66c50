/** The setting of every cluster run: the installation, its load, its hand-overs, and what must hold at the end of all. */

import { countsText } from '../load.ts'
import type { Report } from '../report.ts'
import { missingOf } from '../stored.ts'
import { Cluster, type ClusterSize } from './cluster.ts'
import { ClusterLoad, FULL_LOAD, type LoadSize, percentilesText } from './cluster-load.ts'
import { Handovers } from './handovers.ts'
import { readTopic } from './topic.ts'

export interface Scene {
  cluster: Cluster
  load: ClusterLoad
  handovers: Handovers
}

export interface SceneOptions extends ClusterSize {
  load?: LoadSize
  /** Before the fault. */
  warmUpMs?: number
  /** How long viewers may take, at the end, to show the last fix. */
  settleMs?: number
}

/** Starts a cluster under load, lets `act` do its worst, then checks what must hold whatever happened. */
export async function withScene(
  report: Report,
  options: SceneOptions,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  const cluster = await Cluster.start(options)
  report.progress(`cluster is up: ${cluster.processes.map(({ name }) => name).join(', ')}`)
  let load: ClusterLoad | undefined
  const handovers = new Handovers(cluster)
  try {
    load = await ClusterLoad.open(cluster, options.load ?? FULL_LOAD)
    report.progress(`${load.watching.length} viewers are open`)
    load.ride()
    handovers.start()
    await Bun.sleep(options.warmUpMs ?? 5_000)
    await load.untilNewest(10_000)
    load.restartGaps()
    await act({ cluster, load, handovers })
    await handovers.stop()
    await load.pullOver()
    await load.untilNewest(options.settleMs ?? 10_000).then(
      () => report.check('every viewer ends at its rider’s last fix', true),
      (error) => report.check('every viewer ends at its rider’s last fix', false, String(error)),
    )
    await checkAll(report, cluster, load, handovers)
  } catch (error) {
    for (const { name } of cluster.processes) report.progress(`${name}: ${tailOf(cluster, name)}`)
    throw error
  } finally {
    await handovers.stop()
    load?.close()
    await cluster.stop()
  }
}

function tailOf(cluster: Cluster, name: string): string {
  const output = cluster.processes.find((one) => one.name === name)?.output() ?? ''
  return output.split('\n').slice(-6).join('\n')
}

async function checkAll(report: Report, cluster: Cluster, load: ClusterLoad, handovers: Handovers): Promise<void> {
  const { tally } = load
  const topic = await readTopic(cluster.kafka.brokers)
  const missing = missingOf(load.acknowledged, topic)
  const wentBack = load.sum(({ wentBack }) => wentBack)
  const wrong = Object.keys(handovers.wrongs).length === 0
  report.check(
    'every accepted fix is in the topic',
    missing.length === 0,
    `${load.acknowledged.size} accepted, ${missing.length} missing, ${topic.copies} copies; ${countsText(load.statuses)}`,
  )
  report.check('no part went back on a socket', tally.violations === 0, tally.violations)
  report.check('no marker went back', wentBack === 0, wentBack)
  report.check('no frame was foreign', tally.foreign === 0, tally.foreign)
  report.check('no fix was refused for good', Object.keys(load.refused).length === 0, countsText(load.refused))
  report.check('one epoch all along', load.epochs === 1, load.epochs)
  report.check(
    'riders who have the order no more, and ended orders, are not shown',
    wrong,
    countsText(handovers.wrongs),
  )
  report.check(
    'orders changed hands and ended meanwhile',
    handovers.completed > 0 && handovers.shown > 0,
    `${handovers.completed} orders, ${handovers.shown} fixes shown`,
  )
  const bad = cluster.processes.flatMap((one) => one.output().split('\n').filter(isBadLine))
  report.check(
    'logs are JSON, one line an event, without token and coordinate',
    bad.length === 0,
    bad.slice(0, 2).join(),
  )
  const { count, p50, p90, p99, p99_9, max } = tally.latency.summary()
  report.check(
    'latency fix → frame, ms',
    count > 0,
    `${count} frames, p50 ${p50} p90 ${p90} p99 ${p99} p99.9 ${p99_9} max ${max}`,
  )
  report.progress(`sockets closed: ${countsText(tally.closes)}; gaps ${percentilesText(load.gapsMs())}`)
}

/** The first admin's password is for a person, and said once; all else is for machines. */
function isBadLine(line: string): boolean {
  if (line === '' || line.startsWith('first admin: ')) return false
  return !/^\{".*"event":"[a-z_]+".*\}$/.test(line) || /eyJ|zlt\.bearer|"l(at|ng)"/.test(line)
}

/** Checks the gaps of viewers since they were last restarted. */
export function checkGaps(
  report: Report,
  what: string,
  gapsMs: readonly number[],
  limit: { p99Ms?: number; maxMs?: number },
): void {
  const p99 = gapsMs[Math.min(gapsMs.length - 1, Math.floor(0.99 * gapsMs.length))] ?? 0
  const max = gapsMs.at(-1) ?? 0
  const ok = gapsMs.length > 0 && p99 <= (limit.p99Ms ?? Infinity) && max <= (limit.maxMs ?? Infinity)
  report.check(what, ok, `${gapsMs.length} viewers, ${percentilesText(gapsMs)}`)
}
