/** What an owner counts of its records. */

import type { OnError } from '../errors'
import type { Metrics } from '../metrics'
import type { PartitionDeps } from './partition'

type Counters = Pick<PartitionDeps, 'onDrop' | 'onPosition' | 'onBroken'>

/** The parts of a partition's dependencies that only count and report. */
export function ownerCounters(metrics: Metrics, onError: OnError): Counters {
  return {
    onDrop: (code: string) => metrics.count('zlt_records_dropped_total', 1, code),
    onPosition: () => metrics.count('zlt_positions_total'),
    onBroken: (order: string, error: unknown) => onError(error, { stage: 'track', order }),
  }
}
