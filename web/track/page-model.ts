import { isEnded, shownPosition } from '../../src/domain/view.ts'
import { type ArrivalModel, arrivalOf } from './arrival.ts'
import { formatDistance, formatTimeOrDay } from './format.ts'
import { type Freshness, freshnessOf } from './freshness.ts'
import type { IconName } from './icons.ts'
import { isStale, type Moment, type PageState, sentenceOf, stateOf } from './sentence.ts'
import { progressOf, type Stage, stagesOf } from './stages.ts'
import { strings } from './strings.ts'

/** All that the page says at one moment; drawing it needs no further thought. */
export type PageModel = {
  state: PageState
  /** How the sheet looks: underway over the map, an end without one, or not known yet. */
  look: 'loading' | 'underway' | 'end'
  emblem: IconName | undefined
  tone: 'plain' | 'good' | 'warn'
  arrival: ArrivalModel
  sentence: string
  freshness: Freshness | undefined
  stages: Stage[]
  progress: number
  details: { label: string; value: string }[]
  title: string
}

const endEmblem: Partial<Record<PageState, IconName>> = {
  delivered: 'check',
  cancelled: 'cross',
  refused: 'link',
  expired: 'link',
}

const warned: readonly PageState[] = ['stale', 'offline', 'late', 'catching_up']

/** Composes the page of a moment; `name` is what the person may call the order, from the link. */
export function pageModelOf(moment: Moment, localNowMs: number, name: string): PageModel {
  const state = stateOf(moment)
  const arrival = arrivalOf(moment)
  const emblem = endEmblem[state]
  const order = state === 'refused' || state === 'expired' ? undefined : moment.tracking.view?.order
  const stages = order ? stagesOf(order) : []
  return {
    state,
    look: emblem ? 'end' : state === 'loading' ? 'loading' : 'underway',
    emblem,
    tone: state === 'delivered' ? 'good' : warned.includes(state) ? 'warn' : 'plain',
    arrival,
    sentence: sentenceOf(moment),
    freshness: freshnessOf(moment, localNowMs),
    stages,
    progress: progressOf(stages),
    details: order ? detailsOf(moment, name) : [],
    title: titleOf(arrival, state, name),
  }
}

function titleOf(arrival: ArrivalModel, state: PageState, name: string): string {
  if (state === 'loading' || state === 'refused' || state === 'expired') return strings.pageTitle
  const lead = arrival.minutes === undefined || arrival.minutes < 2 ? arrival.main : strings.minutes(arrival.minutes)
  return `${lead} · ${strings.order(name)}`
}

function detailsOf({ tracking, nowMs }: Moment, name: string): { label: string; value: string }[] {
  const words = strings.details
  const order = tracking.view?.order
  if (!tracking.view || !order) return []
  const position = shownPosition(tracking.view)
  const rows: [string, string | undefined][] = [
    [words.order, name],
    [words.pickup, order.pickup?.name],
    [words.drop, order.drop?.name],
    [words.vehicle, order.vehicle && words.vehicles[order.vehicle]],
    [words.promised, order.promised_ms === undefined ? undefined : formatTimeOrDay(order.promised_ms, nowMs)],
    [
      words.distance,
      position?.remaining_m === undefined ||
      position.arrival === 'arrived' ||
      isEnded(order) ||
      isStale(position, nowMs)
        ? undefined
        : formatDistance(position.remaining_m),
    ],
  ]
  return rows.flatMap(([label, value]) => (value ? [{ label, value }] : []))
}
