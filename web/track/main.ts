import { isEnded, shownPosition } from '../../src/domain/view.ts'
import { type Credential, parseTrackLink } from '../client/credential.ts'
import { type Tracking, TrackingClient } from '../client/tracking.ts'
import { fetchTrail } from '../client/trail.ts'
import { Announcer } from './announce.ts'
import { formatTime } from './format.ts'
import { LiveMap } from './live-map.ts'
import { pageModelOf } from './page-model.ts'
import { Renderer } from './render.ts'
import { isStale } from './sentence.ts'
import { Sheet } from './sheet.ts'
import { strings } from './strings.ts'
import { openThemePicker } from './theme-picker.ts'

const reducedMotion = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches

function start(): void {
  const credential = parseTrackLink(location.pathname, location.hash)
  const renderer = new Renderer(document, reducedMotion)
  const announcer = new Announcer()
  const spoken = document.getElementById('announcer')
  const map = new LiveMap(reducedMotion)
  new Sheet(document, (inset) => map.setInset(inset))
  openThemePicker(document, (theme) => map.setTheme(theme))

  const client = credential && new TrackingClient({ credential, origin: location.origin })
  const linkName = location.pathname.split('/')[2] ?? ''
  const draw = () => {
    const tracking: Tracking = client?.state ?? { phase: 'refused', online: true }
    const nowMs = client?.serverNowMs() ?? Date.now()
    const model = pageModelOf({ tracking, nowMs }, Date.now(), tracking.view?.order_id ?? linkName)
    renderer.draw(model, nowMs)
    const { arrival, state, sentence, stages } = model
    const stage = stages.find((one) => one.state === 'current')?.label ?? ''
    const arrivalWords = [arrival.main, arrival.aside].filter(Boolean).join(', ')
    const words =
      model.look === 'loading' ? undefined : announcer.next({ stage, state, sentence, arrival: arrivalWords }, nowMs)
    if (words && spoken) spoken.textContent = words
    const view = tracking.view
    const position = view && shownPosition(view)
    const stale = position !== undefined && isStale(position, nowMs)
    if (model.look === 'end') map.close()
    else if (view && (!view.order || !isEnded(view.order))) {
      map.take(view, stale ? strings.map.lastSeen(formatTime(position.received_ms)) : undefined, nowMs)
    }
  }

  document.documentElement.setAttribute('data-started', '')
  draw()
  if (!client) return
  map.open(() => client.serverNowMs())
  client.subscribe(draw)
  let { phase } = client.state
  client.subscribe((tracking) => {
    if (tracking.phase === 'live' && phase === 'reconnecting') map.retryGround()
    phase = tracking.phase
  })
  askForTrail(client, credential, map)
  client.setOnline(navigator.onLine)
  client.start()
  // Time passes without news too: ages, countdown, staleness.
  setInterval(draw, 1_000)
  addEventListener('online', () => client.setOnline(true))
  addEventListener('offline', () => client.setOnline(false))
  addEventListener('hashchange', () => location.reload())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    map.skip()
    client.nudge()
    draw()
  })
}

/** Asks once, when the rider is first seen, for the way before this page was opened. */
function askForTrail(client: TrackingClient, credential: Credential, map: LiveMap): void {
  const stop = client.subscribe(({ view }) => {
    if (!view?.order || view.order.stops_before > 0 || !shownPosition(view)) return
    stop()
    void fetchTrail(credential, location.origin).then((places) => map.setEarlierTrail(places))
  })
}

// The early script knows which browsers can run this; in others the style sheet shows a notice instead.
if (document.documentElement.hasAttribute('data-capable')) start()
