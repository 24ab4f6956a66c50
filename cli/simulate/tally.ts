/** What is counted while a run goes on. One object, written by riders and viewers, read by progress and report. */

import { Histogram } from './histogram'

export class Tally {
  fixes = {
    /** Planned and come due, lost ones included. */
    intended: 0,
    /** Left the phone, each counted once however often it was repeated. */
    sent: 0,
    /** Of those, the clean last ones. */
    finals: 0,
    accepted: 0,
    /** Never left the phone, on purpose. */
    lostOnPurpose: 0,
    /** Sent together after an outage. */
    batched: 0,
    /** Not acknowledged in the end, though repeated. */
    failed: 0,
  }
  /** Fixes that were answered with an error, by its code. */
  rejected: Record<string, number> = {}
  /** Requests by their answer's status; `network` when there was none. */
  statuses: Record<string, number> = {}
  retries = 0

  frames = 0
  violations = 0
  foreign = 0
  reconnects = 0
  /** Sockets by the code they were closed with. */
  closes: Record<string, number> = {}
  /** Frames of type `error`, and refused openings, by code. */
  refusals: Record<string, number> = {}
  /** Fixes of outages that viewers were shown. */
  backlogSeen = 0

  /** From the moment a fix was meant to be sent to its frame. */
  latency = new Histogram()
  /** How late this program itself was in sending; part of the above. */
  lateness = new Histogram()
}

/** Adds to a counter that may not exist yet. */
export function bump(counters: Record<string, number>, name: string, by = 1): void {
  counters[name] = (counters[name] ?? 0) + by
}
