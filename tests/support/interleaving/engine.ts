/** A routing engine whose answers are steps of the model: now, later, or never. */

import { destination } from '../../../src/domain/geo'
import { encodePolyline } from '../../../src/domain/polyline'
import type { RouteInput } from '../../../src/domain/route'
import type { RouteRequest } from '../../../src/domain/trip'
import type { Partition } from '../../../src/fanout/partition'

interface Asked {
  partition: Partition
  orderId: string
  request: RouteRequest
}

export class Engine {
  #asked: Asked[] = []

  ask(partition: Partition, orderId: string, request: RouteRequest): void {
    this.#asked.push({ partition, orderId, request })
  }

  /** Answers the `which`-th request that waits, to whoever asked. @returns whether the line was of use; undefined: none */
  answer(which: number): boolean | undefined {
    const [asked] = this.#asked.splice(which % Math.max(1, this.#asked.length), 1)
    if (asked === undefined) return undefined
    return asked.partition.takeRoute(asked.orderId, asked.request.plan, lineFor(asked.request))
  }

  /** An answer that never comes. */
  lose(which: number): void {
    this.#asked.splice(which % Math.max(1, this.#asked.length), 1)
  }
}

/** Straight from place to place, with a bend on the way to the last, so that no two engines' lines are the crow's. */
export function lineFor({ from, via, to }: Pick<RouteRequest, 'from' | 'via' | 'to'>): RouteInput {
  const last = via.at(-1) ?? from
  const middle = { lat: (last.lat + to.lat) / 2, lng: (last.lng + to.lng) / 2 }
  return { polyline: encodePolyline([from, ...via, destination(middle, 135, 15), to], 6), precision: 6 }
}
