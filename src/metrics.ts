/** All that is counted and measured: one table, rendered in Prometheus' text format 0.0.4. */

interface MetricKind {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  /** The name of its one label, if it has one; values come from our own code tables, never from input. */
  label?: string
}

/** The table. */
export const METRICS = {
  zlt_http_requests_total: { type: 'counter', label: 'status', help: 'Answered HTTP requests' },
  zlt_fixes_accepted_total: { type: 'counter', help: 'Fixes that the log acknowledged' },
  zlt_fixes_rejected_total: { type: 'counter', label: 'code', help: 'Fixes refused at the door' },
  zlt_fixes_without_order_total: {
    type: 'counter',
    help: 'Fixes of riders who have no visible order: accepted, kept nowhere',
  },
  zlt_requests_shifted_total: {
    type: 'counter',
    help: 'Requests whose clock was ahead, so that their times were shifted',
  },
  zlt_requests_parked: { type: 'gauge', help: 'Requests waiting for an order to become known' },
  zlt_records_appended_total: { type: 'counter', help: 'Records appended to the log' },
  zlt_records_consumed_total: { type: 'counter', help: 'Records that an owner took from the log' },
  zlt_consumer_lag: { type: 'gauge', label: 'partition', help: 'Records in the log that the owner has not taken yet' },
  zlt_consumer_rebalances_total: { type: 'counter', help: 'Times this node has joined its group again' },
  zlt_consumer_fetches_total: { type: 'counter', help: 'Fetches answered by a broker, those without records included' },
  zlt_records_moved_total: { type: 'counter', help: 'Records of other programs appended anew under their order' },
  zlt_records_poisoned_total: {
    type: 'counter',
    label: 'reason',
    help: 'Records set aside because they cannot be read',
  },
  zlt_records_dropped_total: {
    type: 'counter',
    label: 'code',
    help: 'Records that the tracker did not make a position',
  },
  zlt_positions_total: { type: 'counter', help: 'Records that became the newest position of their order' },
  zlt_records_set_aside: { type: 'gauge', help: 'Records waiting for their assignment to become known' },
  zlt_tracks: { type: 'gauge', help: 'Tracks in memory' },
  zlt_checkpoint_seconds: { type: 'histogram', help: 'How long a checkpoint took' },
  zlt_positions_routed_total: { type: 'counter', help: 'Positions sent from owners to hubs' },
  zlt_routes_total: { type: 'counter', label: 'outcome', help: 'Answers of the routing engine' },
  zlt_viewers: { type: 'gauge', label: 'kind', help: 'Open viewers' },
  zlt_watched_orders: { type: 'gauge', help: 'Orders that somebody watches' },
  zlt_frames_sent_total: { type: 'counter', label: 'kind', help: 'Frames sent to viewers' },
  zlt_frames_conflated_total: {
    type: 'counter',
    help: 'Frames not sent because the viewer was slow: a newer one followed',
  },
  zlt_viewers_closed_total: { type: 'counter', label: 'code', help: 'Sockets that the server closed' },
  zlt_viewers_refused_total: { type: 'counter', label: 'code', help: 'Openings that were refused' },
  zlt_fix_to_socket_seconds: { type: 'histogram', help: 'From receiving a fix to handing its frame to a socket' },
  zlt_spans_total: { type: 'counter', label: 'outcome', help: 'Spans of traces, sent to the collector or dropped' },
  zlt_orders: { type: 'gauge', help: 'Orders in the table' },
  zlt_facts_poisoned_total: { type: 'counter', help: 'Facts that could not be read' },
  zlt_kafka_requests_total: { type: 'counter', label: 'kind', help: 'Requests to Kafka' },
  zlt_log_append_seconds: { type: 'histogram', help: 'From an append to its acknowledgement (distributed)' },
  zlt_log_sends_total: { type: 'counter', help: 'Sends of fixes to Kafka; each carries what had gathered' },
  zlt_log_sent_records_total: { type: 'counter', help: 'Records in sends of fixes to Kafka' },
  zlt_log_resent_records_total: {
    type: 'counter',
    help: 'Records sent again because the answer to a send did not name their partition',
  },
  zlt_log_append_timeouts_total: { type: 'counter', help: 'Appends that Kafka did not acknowledge in time' },
  zlt_log_waiting_records: { type: 'gauge', help: 'Records that wait for a send to Kafka' },
  zlt_facts_behind_seconds: { type: 'gauge', help: 'For how long the facts in memory have been behind their topics' },
  zlt_redis_commands_total: { type: 'counter', label: 'group', help: 'Commands sent to Redis, each a round trip' },
  zlt_redis_outages_total: { type: 'counter', help: 'Times that Redis could not be reached' },
  zlt_mail_entries_total: {
    type: 'counter',
    label: 'direction',
    help: 'Entries of mail sent to and received from nodes',
  },
  zlt_mail_bytes_total: { type: 'counter', label: 'direction', help: 'Bytes of mail sent to and received from nodes' },
  zlt_mail_gaps_total: { type: 'counter', help: 'Losses of mail that a receiver noticed' },
  zlt_mail_messages_dropped_total: {
    type: 'counter',
    help: 'Messages thrown away because their receiver could not be reached for too long',
  },
  zlt_mail_beats_late_total: { type: 'counter', help: 'Beats answered more than a second after the one before' },
  zlt_background_errors_total: { type: 'counter', label: 'stage', help: 'Failures of background work' },
} as const satisfies Record<string, MetricKind>

export type MetricName = keyof typeof METRICS

/** Upper bounds in seconds: from a fast frame to a hopeless one. */
const BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The counts of one process. Adding costs a map look-up. */
export class Metrics {
  readonly #counts = new Map<MetricName, Map<string, number>>()
  readonly #gauges = new Map<MetricName, () => number | Record<string, number>>()
  readonly #histograms = new Map<MetricName, { buckets: Float64Array; sum: number; count: number }>()

  /** Adds `n` to a counter. */
  count(name: MetricName, n = 1, label = ''): void {
    let byLabel = this.#counts.get(name)
    if (byLabel === undefined) {
      byLabel = new Map()
      this.#counts.set(name, byLabel)
    }
    byLabel.set(label, (byLabel.get(label) ?? 0) + n)
  }

  /** Reads a gauge when it is asked for; a record gives one value a label. */
  gauge(name: MetricName, read: () => number | Record<string, number>): void {
    this.#gauges.set(name, read)
  }

  /** Adds `times` observations of the same duration to a histogram. */
  observe(name: MetricName, seconds: number, times = 1): void {
    let histogram = this.#histograms.get(name)
    if (histogram === undefined) {
      histogram = { buckets: new Float64Array(BUCKETS_S.length), sum: 0, count: 0 }
      this.#histograms.set(name, histogram)
    }
    histogram.sum += seconds * times
    histogram.count += times
    for (let i = BUCKETS_S.length - 1; i >= 0 && seconds <= (BUCKETS_S[i] as number); i--) {
      histogram.buckets[i] = (histogram.buckets[i] ?? 0) + times
    }
  }

  /** What a counter stands at; for tests and readiness. */
  value(name: MetricName, label = ''): number {
    return this.#counts.get(name)?.get(label) ?? 0
  }

  /** Renders all, those never touched included, so that a dashboard finds its names from the start. */
  render(): string {
    const lines: string[] = []
    for (const [name, kind] of Object.entries(METRICS) as [MetricName, MetricKind][]) {
      lines.push(`# HELP ${name} ${kind.help}`, `# TYPE ${name} ${kind.type}`)
      if (kind.type === 'histogram') this.#renderHistogram(name, lines)
      else
        for (const [label, value] of this.#valuesOf(name, kind)) lines.push(`${name}${labelOf(kind, label)} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  #valuesOf(name: MetricName, kind: MetricKind): [string, number][] {
    if (kind.type === 'gauge') {
      const value = this.#gauges.get(name)?.() ?? (kind.label === undefined ? 0 : {})
      return typeof value === 'number' ? [['', value]] : Object.entries(value)
    }
    const counts = [...(this.#counts.get(name) ?? [])]
    return counts.length === 0 && kind.label === undefined ? [['', 0]] : counts
  }

  #renderHistogram(name: MetricName, lines: string[]): void {
    const histogram = this.#histograms.get(name)
    for (const [i, bound] of BUCKETS_S.entries()) {
      lines.push(`${name}_bucket{le="${bound}"} ${histogram?.buckets[i] ?? 0}`)
    }
    lines.push(`${name}_bucket{le="+Inf"} ${histogram?.count ?? 0}`)
    lines.push(`${name}_sum ${histogram?.sum ?? 0}`, `${name}_count ${histogram?.count ?? 0}`)
  }
}

function labelOf(kind: MetricKind, value: string): string {
  return kind.label === undefined ? '' : `{${kind.label}="${value}"}`
}
