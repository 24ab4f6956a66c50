/** Accepting fixes: parse, correct the times, find the orders, append; the answer comes when the log has acknowledged. */

import type { Claims } from '../domain/audience'
import { type Fix, parseFix } from '../domain/fix'
import { correctTimes } from '../domain/fix-times'
import { encodeRecord, OURS } from '../domain/location-record'
import { type ErrorCode, type Fault, isRetryable, ZltError } from '../errors'
import type { Metrics } from '../metrics'
import type { Entry, Log } from '../ports/log'
import { type Span, TRACEPARENT, type Tracing } from '../tracing'
import type { OrderResolver, Resolution } from './resolve-orders'

/** What became of one fix, as the answer says it. */
export interface FixResult {
  status: 'accepted' | 'rejected'
  code?: ErrorCode | 'no_visible_order'
  detail?: string
  pointer?: string
  retryable?: boolean
}

export interface Accepted {
  accepted: number
  results: FixResult[]
}

export interface AcceptDeps {
  log: Log
  resolver: OrderResolver
  metrics: Metrics
  /** The largest array taken. */
  batchLimit: number
  tracing?: Tracing | undefined
}

const ACCEPTED: FixResult = { status: 'accepted' }
const ACCEPTED_JSON = JSON.stringify(ACCEPTED)
const NO_VISIBLE_ORDER: FixResult = {
  status: 'accepted',
  code: 'no_visible_order',
  detail: 'no order of yours may be shown now, so this fix is kept nowhere',
}

/**
 * Takes the body of one request.
 * @param span the request's, when it is traced
 * @throws ZltError the first fix's error when none was accepted; `log_unavailable`, `disk_full`, `overloaded`
 */
export async function acceptFixes(
  deps: AcceptDeps,
  claims: Claims,
  body: unknown,
  receivedMs: number,
  span?: Span,
): Promise<Accepted> {
  const startedMs = performance.now()
  const isArray = Array.isArray(body)
  const inputs: readonly unknown[] = isArray ? body : [body]
  if (inputs.length === 0) throw new ZltError('empty_batch', 'send at least one fix')
  if (inputs.length > deps.batchLimit) {
    throw new ZltError('too_many_fixes', `${inputs.length} fixes in one request; send at most ${deps.batchLimit}`)
  }

  const faults: Fault[] = []
  const results: FixResult[] = new Array(inputs.length)
  const fixes: (Fix | undefined)[] = inputs.map((input, i) => {
    const pointer = isArray ? `/${i}` : ''
    const before = faults.length
    const fix = parseFix(input, pointer, faults)
    const first = faults[before]
    if (first !== undefined) results[i] = rejected(first)
    else if (fix?.partner_id !== undefined && fix.partner_id !== claims.sub) {
      const fault = mismatch(pointer, claims.sub)
      faults.push(fault)
      results[i] = rejected(fault)
      return undefined
    }
    return fix
  })

  const { fixTimesMs, shiftMs } = correctTimes(
    fixes.map((fix) => fix?.device_time_ms),
    receivedMs,
  )
  if (shiftMs > 0) deps.metrics.count('zlt_requests_shifted_total')
  let targets = resolveAll(deps.resolver, claims, fixes)
  const unknown = unknownOf(fixes, targets)
  if (unknown !== undefined) {
    await deps.resolver.park(claims, unknown, startedMs)
    targets = resolveAll(deps.resolver, claims, fixes)
  }

  const entries: Entry[] = []
  const appending = span === undefined ? undefined : deps.tracing?.follow('producer', 'append', span.traceparent)
  // Nearly all records share one object, which the log encodes once.
  const headers = appending === undefined ? OURS : { ...OURS, [TRACEPARENT]: appending.traceparent }
  for (let i = 0; i < fixes.length; i++) {
    const fix = fixes[i]
    if (fix === undefined) continue
    const fixTimeMs = fixTimesMs[i]
    const pointer = isArray ? `/${i}` : ''
    const fault =
      fixTimeMs === undefined
        ? futureTime(inputs[i], pointer)
        : appendTo(entries, headers, targets[i], claims, fix, fixTimeMs, receivedMs, pointer)
    if (fault === undefined) results[i] = ACCEPTED
    else if (fault === 'no_visible_order') results[i] = NO_VISIBLE_ORDER
    else {
      faults.push(fault)
      results[i] = rejected(fault)
    }
  }
  if (entries.length > 0) await append(deps.log, entries, appending)
  return conclude(deps.metrics, results, faults, entries.length)
}

async function append(log: Log, entries: readonly Entry[], span: Span | undefined): Promise<void> {
  if (span === undefined) return log.append(entries)
  try {
    await log.append(entries)
    span.end({ 'zlt.records': entries.length })
  } catch (error) {
    span.end({ 'zlt.records': entries.length }, error)
    throw error
  }
}

function resolveAll(resolver: OrderResolver, claims: Claims, fixes: readonly (Fix | undefined)[]) {
  return fixes.map((fix) => (fix === undefined ? undefined : resolver.resolve(claims, fix.order_id)))
}

/** The orders of the request that the table does not know (or not as this rider's): one wait for all of them. */
function unknownOf(
  fixes: readonly (Fix | undefined)[],
  targets: readonly (Resolution | undefined)[],
): string[] | undefined {
  if (!targets.includes('not_yours')) return undefined
  const unknown = new Set<string>()
  for (const [i, fix] of fixes.entries()) {
    if (targets[i] === 'not_yours' && fix?.order_id !== undefined) unknown.add(fix.order_id)
  }
  return [...unknown]
}

function appendTo(
  entries: Entry[],
  headers: Entry['headers'],
  targets: Resolution | undefined,
  claims: Claims,
  fix: Fix,
  fixTimeMs: number,
  receivedMs: number,
  pointer: string,
): Fault | 'no_visible_order' | undefined {
  if (targets === undefined || targets === 'not_yours') {
    return { pointer: `${pointer}/order_id`, code: 'order_not_found', detail: 'no such order for this rider' }
  }
  if (targets.length === 0) return 'no_visible_order'
  for (const { orderId, assignment, vouched } of targets) {
    const value = encodeRecord(fix, { partnerId: claims.sub, orderId, assignment, vouched, fixTimeMs, receivedMs })
    entries.push({ key: orderId, value, headers })
  }
  return undefined
}

function conclude(metrics: Metrics, results: FixResult[], faults: readonly Fault[], appended: number): Accepted {
  let accepted = 0
  for (const result of results) {
    if (result.status === 'accepted') accepted += 1
    else metrics.count('zlt_fixes_rejected_total', 1, result.code)
    if (result === NO_VISIBLE_ORDER) metrics.count('zlt_fixes_without_order_total')
  }
  metrics.count('zlt_fixes_accepted_total', accepted)
  metrics.count('zlt_records_appended_total', appended)
  if (accepted > 0) return { accepted, results }
  // The first fix's error speaks for the request; faults come in the order in which they were found.
  const firstCode = results[0]?.code
  const first = faults.find(({ code, pointer }) => code === firstCode && pointer === results[0]?.pointer)
  if (first !== undefined) {
    const members = results.length > 1 ? { results } : {}
    throw new ZltError(first.code, first.pointer === '' ? first.detail : `${first.pointer}: ${first.detail}`, {
      faults,
      members,
    })
  }
  return { accepted, results }
}

function futureTime(input: unknown, pointer: string): Fault {
  const name = (input as { fix_time_ms?: unknown }).fix_time_ms == null ? 'timestamp' : 'fix_time_ms'
  const detail = 'this time is far ahead of now and of all others in the request'
  return { pointer: `${pointer}/${name}`, code: 'future_time', detail }
}

/** The results as JSON. Nearly all are one and the same word, which is written once. */
export function renderResults(results: readonly FixResult[]): string {
  return `[${results.map((result) => (result === ACCEPTED ? ACCEPTED_JSON : JSON.stringify(result))).join()}]`
}

function rejected({ code, detail, pointer }: Fault): FixResult {
  return { status: 'rejected', code, detail, pointer, retryable: isRetryable(code) }
}

function mismatch(pointer: string, sub: string): Fault {
  return {
    pointer: `${pointer}/partner_id`,
    code: 'partner_mismatch',
    detail: `partner_id must be the token’s sub, ${sub}`,
  }
}
