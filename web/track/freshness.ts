import { isEnded, shownPosition } from '../../src/domain/view.ts'
import { formatAgo, formatSpan } from './format.ts'
import { isStale, type Moment } from './sentence.ts'
import { strings } from './strings.ts'

/** The quiet line that says how far the page can be trusted. */
export type Freshness = { text: string; tone: 'live' | 'warn' | 'off' }

/** Below this, counting seconds would only flicker. */
const justNowMs = 4_000

/** `localNowMs` is the device's own time: how long the connection has been silent is its business. */
export function freshnessOf({ tracking, nowMs }: Moment, localNowMs: number): Freshness | undefined {
  const words = strings.freshness
  const { phase, view, online, heardAtMs } = tracking
  if (phase === 'refused' || phase === 'ended' || (view?.order && isEnded(view.order))) return undefined
  if (!online && phase !== 'live') return { text: words.offline, tone: 'warn' }
  if (phase === 'reconnecting') {
    if (heardAtMs === undefined) return { text: words.reconnectingFirst, tone: 'warn' }
    const silentMs = localNowMs - heardAtMs
    // While /track still answers, what is shown is new: only the way to it is the slower one.
    const text = silentMs < justNowMs ? words.reconnectingNow : words.reconnecting(formatAgo(silentMs))
    return { text, tone: 'warn' }
  }
  if (phase === 'opening') return { text: words.connecting, tone: 'off' }
  const position = view && shownPosition(view)
  if (!position) return { text: words.live, tone: 'live' }
  const ageMs = nowMs - position.received_ms
  if (isStale(position, nowMs)) return { text: words.stale(formatSpan(ageMs)), tone: 'warn' }
  // It came just now, but tells of a while ago.
  if (position.motion === 'catching_up') {
    return { text: words.behind(formatAgo(nowMs - position.fix_time_ms)), tone: 'warn' }
  }
  return { text: ageMs < justNowMs ? words.justNow : words.updated(formatAgo(ageMs)), tone: 'live' }
}
