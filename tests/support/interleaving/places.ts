/** Where the model's orders are fetched and brought to: on the ways of its riders, each place of one order alone. */

import { destination, type Point } from '../../../src/domain/geo'
import type { OrderInput } from '../../../src/domain/order'
import { encodePolyline } from '../../../src/domain/polyline'

export const HOME = { r1: { lat: 47.14, lng: 9.52 }, r2: { lat: 47.4, lng: 9.7 } }

/** Where a rider of the model is so many metres on its way. */
export function onTheWay(rider: keyof typeof HOME, metres: number): Point {
  return destination(HOME[rider], 45, metres)
}

/** `o1` comes without a line, `o2` with its own; each filler is one more door of another customer. */
const PLACES: Record<string, OrderInput> = {
  o1: { pickup: onTheWay('r1', 400), drop: onTheWay('r1', 1_200), vehicle: 'motorbike' },
  o2: {
    drop: onTheWay('r1', 1_000),
    route: {
      polyline: encodePolyline(
        [0, 350, 700, 1_000].map((metres) => onTheWay('r1', metres)),
        6,
      ),
      precision: 6,
    },
  },
}

export function placesOf(id: string): OrderInput {
  const [, rider, number] = /^filler-(r1|r2)-(\d+)$/.exec(id) ?? []
  if (rider === undefined) return PLACES[id] ?? {}
  return { drop: destination(onTheWay(rider as keyof typeof HOME, 150 * Number(number)), 135, 90) }
}

const IDS = [
  'o1',
  'o2',
  ...['r1', 'r2'].flatMap((rider) => Array.from({ length: 7 }, (_, i) => `filler-${rider}-${i}`)),
]

/** The places that a customer of `id` must never be sent. */
export function foreignPlaces(id: string): string[] {
  return IDS.filter((other) => other !== id).flatMap((other) => {
    const { pickup, drop } = placesOf(other)
    return [pickup, drop].flatMap((place) => (place === undefined ? [] : [nameOf(place)]))
  })
}

/** A place as lines of the model keep it. */
export function nameOf({ lat, lng }: Point): string {
  return `${lat.toFixed(5)},${lng.toFixed(5)}`
}
