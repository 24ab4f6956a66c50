/** What happens in the demo: one story a rider, told again and again, each time with new orders. */

import type { OrderInput } from '../../src/domain/order'
import type { Halt, Ride } from '../riders/ride'
import { lights } from './lights'
import { type DemoRoute, demoRoute, rideOf, stopsM } from './routes'
import type { Stage } from './stage'

/** A story. Round 1 is the first; ids carry it, since an order's id is used once. */
export interface Story {
  name: string
  /** Makes the round's orders and announces their links; what it returns plays the round to its end. */
  open(stage: Stage, round: number): Promise<() => Promise<void>>
}

/** How long a rider stands before it starts and after it has arrived; real time, so that it can be watched. */
const AT_PICKUP_MS = 8_000
const AT_DROP_MS = 5_000
/** At the door of the customer before: as long as deliverers mostly stand there, which the arrival counts on. */
const AT_OTHER_DOOR_MS = 60_000
/** A shop promises a little more than it takes. */
const PROMISE_AIR_MS = 3 * 60_000
/** From the hand-over to the new rider's first fix: long enough to see that the old one is not shown. */
const BLANK_MS = 3_000
/** In the tunnel. Half a minute without a signal is more than the page lets pass in silence. */
const JAM_MS = 12_000
/** Between the end of one order and the next. */
const BETWEEN_MS = 20_000

/** All stories, in the order their links are shown. */
export const STORIES: readonly Story[] = [
  {
    name: 'hand-over',
    async open(stage, round) {
      const [route, relief] = [demoRoute('schaan-vaduz'), demoRoute('vaduz-relief')]
      const meeting = route.hand_over
      if (meeting === undefined) throw new Error('the route of the hand-over has no meeting place')
      const [ride, reliefRide] = [route, relief].map((one) => rideOf(one, lights(one, stage.pace))) as [Ride, Ride]
      const [first, second] = [`mia-${round}`, `noah-${round}`]
      const orderId = `hand-over-${round}`
      const afterMs = AT_PICKUP_MS + ride.whenAt(meeting.from_m) / stage.pace
      await openOrder(stage, orderId, route, ride, first)
      await stage.announcer.link(
        orderId,
        `A motorbike with dinner. In about ${minutes(afterMs)} the rider hands it to a colleague: the marker is gone for a moment, then the new rider’s appears, and the page stays open.`,
      )
      return async () => {
        const mia = await stage.rider(first)
        const noah = await stage.rider(second)
        await mia.stand(ride.at(0), AT_PICKUP_MS)
        await stage.backend.setStatus(orderId, 'picked_up')
        await mia.follow(ride, { toM: meeting.from_m })
        await stage.backend.assignOrder(orderId, second)
        await stage.pause(BLANK_MS)
        await noah.stand(reliefRide.at(reliefRide.whenAt(meeting.to_m)), AT_DROP_MS)
        await noah.follow(reliefRide, { fromM: meeting.to_m })
        await deliver(stage, orderId, () => noah.stand(reliefRide.at(reliefRide.durationMs), AT_DROP_MS))
      }
    },
  },
  {
    name: 'tunnel',
    async open(stage, round) {
      const route = demoRoute('vaduz-triesen')
      const { tunnel } = route
      // A jam inside makes it long enough for the page to say that the signal is lost.
      const jam: Halt[] = tunnel ? [{ alongM: (tunnel.from_m + tunnel.to_m) / 2, dwellMs: JAM_MS * stage.pace }] : []
      const orderId = `tunnel-${round}`
      const ride = rideOf(route, [...lights(route, stage.pace), ...jam])
      await openOrder(stage, orderId, route, ride, `lena-${round}`)
      await stage.announcer.link(
        orderId,
        'A car that loses its signal on the way (a tunnel). The page says how old the position is; after half a minute all readings of the tunnel arrive at once, and the marker catches up without running backward.',
      )
      return () => deliverTrip(stage, orderId, `lena-${round}`, ride, tunnel)
    },
  },
  {
    name: 'two-orders',
    async open(stage, round) {
      const route = demoRoute('triesen-balzers')
      const stop = route.stops?.[0]
      if (stop === undefined) throw new Error('the route of two orders has no stop')
      const partnerId = `tim-${round}`
      const [before, yours] = [`parcel-before-${round}`, `parcel-yours-${round}`]
      const ride = rideOf(route, lights(route, stage.pace))
      const whole = orderOf(route, ride, stage.pace, AT_OTHER_DOOR_MS)
      const { route: _, ...pickupOnly } = whole
      await stage.backend.createOrder(before, { ...pickupOnly, drop: stop })
      await stage.backend.assignOrder(before, partnerId)
      await stage.backend.createOrder(yours, whole)
      await stage.backend.assignOrder(yours, partnerId)
      await stage.announcer.link(
        yours,
        'A van with two parcels: “1 stop before yours”, until the first one is delivered.',
      )
      await stage.announcer.link(before, 'The other parcel of that van: it comes first.')
      return async () => {
        const tim = await stage.rider(partnerId)
        await tim.stand(ride.at(0), AT_PICKUP_MS)
        for (const orderId of [before, yours]) await stage.backend.setStatus(orderId, 'picked_up')
        const stopM = stopsM(route, ride)[0] ?? ride.lengthM / 2
        await tim.follow(ride, { toM: stopM })
        await deliver(stage, before, () => tim.stand(ride.at(ride.whenAt(stopM)), AT_OTHER_DOOR_MS))
        await tim.follow(ride, { fromM: stopM })
        await deliver(stage, yours, () => tim.stand(ride.at(ride.durationMs), AT_DROP_MS))
      }
    },
  },
  trip(
    'soon-there',
    'through-vaduz',
    'sara',
    (ms) => `A motorbike that arrives in about ${minutes(ms)}: see how an order ends.`,
  ),
  trip('bicycle', 'schaan-by-bicycle', 'jonas', (ms) => `A bicycle, about ${minutes(ms)}: no red lights, but bends.`),
  trip(
    'on-foot',
    'vaduz-on-foot',
    'emma',
    (ms) => `Somebody on foot, about ${minutes(ms)}: slow, with honest minutes.`,
  ),
  trip(
    'up-the-hill',
    'up-to-triesenberg',
    'luca',
    (ms) => `A car up the hairpins to Triesenberg, about ${minutes(ms)}.`,
  ),
]

function trip(name: string, routeId: string, rider: string, sees: (durationMs: number) => string): Story {
  return {
    name,
    async open(stage, round) {
      const route = demoRoute(routeId)
      const ride = rideOf(route, lights(route, stage.pace))
      const partnerId = `${rider}-${round}`
      const orderId = `${name}-${round}`
      await openOrder(stage, orderId, route, ride, partnerId)
      const durationMs = AT_PICKUP_MS + ride.durationMs / stage.pace
      await stage.announcer.link(orderId, sees(durationMs))
      return () => deliverTrip(stage, orderId, partnerId, ride)
    },
  }
}

async function openOrder(
  stage: Stage,
  orderId: string,
  route: DemoRoute,
  ride: Ride,
  partnerId: string,
): Promise<void> {
  await stage.backend.createOrder(orderId, orderOf(route, ride, stage.pace))
  await stage.backend.assignOrder(orderId, partnerId)
}

/** What a shop would say of the order: the promise is what such rides take, with some air in it. */
function orderOf(route: DemoRoute, ride: Ride, pace: number, standsMs = 0): OrderInput {
  const { pickup, drop, vehicle, polyline, precision } = route
  const promisedMs = Date.now() + AT_PICKUP_MS + standsMs + (1.2 * ride.durationMs) / pace + PROMISE_AIR_MS
  return { pickup, drop, vehicle, route: { polyline, precision }, promised_ms: Math.round(promisedMs) }
}

async function deliverTrip(
  stage: Stage,
  orderId: string,
  partnerId: string,
  ride: Ride,
  silent?: { from_m: number; to_m: number },
): Promise<void> {
  const rider = await stage.rider(partnerId)
  await rider.stand(ride.at(0), AT_PICKUP_MS)
  await stage.backend.setStatus(orderId, 'picked_up')
  await rider.follow(ride, { silent })
  await deliver(stage, orderId, () => rider.stand(ride.at(ride.durationMs), AT_DROP_MS))
}

/** The last seconds at the door, then the end; `stand` keeps the fixes coming until then. */
async function deliver(stage: Stage, orderId: string, stand: () => Promise<void>): Promise<void> {
  await stand()
  await stage.backend.setStatus(orderId, 'delivered')
  stage.announcer.ended(orderId)
}

/** Plays a story until the demo ends: its first round as opened, then others, each after a pause. */
export async function tellForEver(stage: Stage, story: Story, first: () => Promise<void>): Promise<never> {
  let play = first
  for (let round = 2; ; round++) {
    await play()
    await stage.pause(BETWEEN_MS)
    play = await story.open(stage, round)
  }
}

function minutes(ms: number): string {
  const count = Math.max(1, Math.round(ms / 60_000))
  return count === 1 ? 'a minute' : `${count} minutes`
}
