/** A rider of a test server who goes through the town in no time: the clock of the process is set for each fix. */

import { setSystemTime } from 'bun:test'
import { bearingDeg, destination, distanceM, type Point } from '../../src/domain/geo'
import type { TestServer } from './server'

/** The process's clock, which only goes on when somebody rides. */
export class RideClock {
  nowMs = Date.now()

  pass(ms: number): void {
    this.nowMs += ms
    setSystemTime(new Date(this.nowMs))
  }

  release(): void {
    setSystemTime()
  }
}

export class TownRider {
  at: Point | undefined

  constructor(
    private readonly server: TestServer,
    private readonly clock: RideClock,
    private readonly id: string,
  ) {}

  /** One fix here, for all orders in hand. */
  async fix(at: Point): Promise<void> {
    this.clock.pass(5_000)
    this.at = at
    const { status, text } = await this.server.post(this.id, { ...at, fix_time_ms: this.clock.nowMs, accuracy_m: 8 })
    if (status !== 202) throw new Error(`${status} ${text}`)
  }

  /** A fix every 5 s along straight lines to these places, from where it is. */
  async ride(places: readonly Point[], mps = 10): Promise<void> {
    for (const to of places) {
      const from = this.at ?? to
      const metres = distanceM(from, to)
      const steps = Math.ceil(metres / (5 * mps))
      for (let i = 1; i < steps; i++) await this.fix(destination(from, bearingDeg(from, to), (i * metres) / steps))
      await this.fix(to)
    }
  }

  /** Stays for some fixes. */
  async stay(fixes: number): Promise<void> {
    const { at } = this
    if (at === undefined) throw new Error('nowhere')
    // Not quite the same place, else each is a duplicate of the one before.
    for (let i = 0; i < fixes; i++) await this.fix({ lat: at.lat + (i % 2) * 1e-6, lng: at.lng })
  }
}
