/** A trip that is ridden through a real server, in real time, while its customer's page is watched in a browser. */

import type { Browser, Page } from 'playwright-core'
import { createRandom } from '../../cli/riders/random.ts'
import type { Role } from '../../src/domain/audience.ts'
import { encodePolyline } from '../../src/domain/polyline.ts'
import type { LngLat } from '../../web/track/geo.ts'
import type { MarkerSample } from './judge-motion.ts'
import { courseAt, type TripPiece, truthAt } from './trip-piece.ts'

/** The server, and who may make tokens of it. */
export type RideServer = {
  url: string
  token(role: Role, sub: string, options?: { orders?: string[] }): Promise<string>
}

export type RideOptions = {
  browser: Browser
  order: string
  /** How often the phone sends a fix. */
  intervalMs: number
  /** How long a fix is on its way to the server, median; log-normal, so that some take several times as long. */
  lagMs: number
  /** Share of fixes that never come. */
  loss: number
  /** What the page is not watched for, from its opening on. */
  leadMs: number
  seed: number
}

export type WatchedRide = { samples: MarkerSample[]; fixesSent: number; faults: string[] }

const precision = 6

/** Rides the piece, and gives the marker's frames after the lead. @throws Error when the server refuses anything */
export async function watchRide(server: RideServer, piece: TripPiece, options: RideOptions): Promise<WatchedRide> {
  const { browser, order } = options
  const rider = `rider-${order}`
  await makeOrder(server, order, rider, piece)
  const customer = await server.token('CUSTOMER', 'customer', { orders: [order] })
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  try {
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    const startMs = Date.now()
    const riding = ride(server, rider, order, piece, startMs, options)
    const [samples, fixesSent] = await Promise.all([watchPage(page, `${server.url}/t/${order}#t=${customer}`), riding])
    return { samples, fixesSent, faults }

    async function watchPage(watched: Page, link: string): Promise<MarkerSample[]> {
      await watched.goto(link)
      await watched.locator('.rider').waitFor({ timeout: options.leadMs })
      await Bun.sleep(Math.max(0, startMs + options.leadMs - Date.now()))
      const frames = await watched.evaluate(watchMarker, startMs + piece.lengthMs)
      return frames.map((frame) => sampleOf(frame, startMs))
    }
  } finally {
    await context.close()
  }
}

type Frame = { frameMs: number; nowMs: number; shown: string }

/** Takes down what the marker says of itself in every frame; runs in the page. */
async function watchMarker(untilMs: number): Promise<Frame[]> {
  const frames: Frame[] = []
  const { port1, port2 } = new MessageChannel()
  while (Date.now() < untilMs) {
    const frameMs = await new Promise<number>(requestAnimationFrame)
    // After all that the frame calls: the page's own drawing may come before this or after.
    await new Promise((resolve) => {
      port1.onmessage = resolve
      port2.postMessage(undefined)
    })
    const shown = document.querySelector<HTMLElement>('.rider')?.dataset.shown
    if (shown) frames.push({ frameMs, nowMs: Date.now(), shown })
  }
  return frames
}

function sampleOf({ frameMs, nowMs, shown }: Frame, startMs: number): MarkerSample {
  const [lng = 0, lat = 0, shownMs = 0, opacity = 1] = shown.split(' ').map(Number)
  return { lng, lat, frameMs, nowMs: nowMs - startMs, shownMs: shownMs - startMs, opacity }
}

async function makeOrder(server: RideServer, order: string, rider: string, { line }: TripPiece): Promise<void> {
  const token = await server.token('INTERNAL_SERVICE', 'shop')
  const [pickup, drop] = [line.points[0] as LngLat, line.points.at(-1) as LngLat]
  const route = { polyline: encodePolyline(line.points, precision), precision }
  await send(server, token, '/orders', { id: order, pickup, drop, vehicle: 'car', route })
  await send(server, token, `/orders/${order}/assign`, { partner_id: rider })
  await send(server, token, `/orders/${order}/status`, { status: 'picked_up' })
}

/** Sends the fixes, each so long after it was made as its way takes, in their order. */
async function ride(
  server: RideServer,
  rider: string,
  order: string,
  piece: TripPiece,
  startMs: number,
  { intervalMs, lagMs, loss, seed }: RideOptions,
): Promise<number> {
  const token = await server.token('DELIVERY_PARTNER', rider)
  const random = createRandom(seed)
  let sent = 0
  let lastMs = 0
  const underway: Promise<void>[] = []
  for (let timeMs = 0; timeMs <= piece.lengthMs; timeMs += intervalMs) {
    const arriveMs = Math.max(lastMs, startMs + timeMs + lagMs * Math.exp(0.6 * random.normal()))
    if (random.next() < loss) continue
    lastMs = arriveMs
    sent++
    await Bun.sleep(Math.max(0, arriveMs - Date.now()))
    const { lat, lng } = truthAt(piece.places, timeMs)
    const { mps, headingDeg } = courseAt(piece.places, timeMs)
    const fix = {
      lat,
      lng,
      fix_time_ms: startMs + timeMs,
      accuracy_m: 8,
      speed_mps: mps,
      heading_deg: headingDeg % 360,
    }
    underway.push(send(server, token, '/location', { order_id: order, ...fix }))
  }
  await Promise.all(underway)
  return sent
}

async function send({ url }: RideServer, token: string, path: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  await response.arrayBuffer()
}
