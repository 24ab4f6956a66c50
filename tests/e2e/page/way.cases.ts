/** The way to the door: where the rider waits, how near it is, and the road behind and before it. */

import { beforeAll, describe, expect, test } from 'bun:test'
import type { CustomerPage, Look } from '../../../scripts/customer-page.ts'
import { mapColors } from '../../../web/track/map-style.ts'
import { arriveAt, fixAt, rideOn, STRAIGHT_FROM_M, TRIP, TRIP_LENGTH_M, TRIP_ROUTE } from '../../support/test-ride.ts'
import { type PageStage, riderOf } from './stage.ts'

const BOTH_WINDOWS: readonly Look[] = [
  ['phone', 'light'],
  ['desktop', 'light'],
]
const ON_ROAD = { ...TRIP, route: TRIP_ROUTE }
/** A reading that comes later than this is a backlog. */
const BACKLOG_MS = 21_000

/** How many pixels of the map are road to go, and how many road taken: what is drawn is in a canvas only. */
async function roadPixels({ page }: CustomerPage): Promise<{ toGo: number; taken: number }> {
  const png = (await page.screenshot()).toString('base64')
  const { toGo, taken } = mapColors('light')
  return await page.evaluate(
    async ({ png, colors }) => {
      const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
      if (context === null) throw new Error('there is no canvas to look at the picture with')
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, image.width, image.height)
      const counts = colors.map(() => 0)
      for (let at = 0; at < data.length; at += 4) {
        const i = colors.findIndex((rgb) => rgb.every((value, part) => Math.abs((data[at + part] ?? 0) - value) <= 3))
        if (i >= 0) counts[i] = (counts[i] ?? 0) + 1
      }
      return { toGo: counts[0] ?? 0, taken: counts[1] ?? 0 }
    },
    { png, colors: [toGo, taken].map((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))) },
  )
}

/** Several fixes of a rider who does not move, the oldest `forMs` old. */
function standing(alongM: number, forMs: number): Record<string, unknown>[] {
  const agoMs = Array.from({ length: Math.floor(forMs / 1_000) + 1 }, (_, i) => forMs - i * 1_000)
  return agoMs.map((ms) => ({ ...fixAt(alongM, ms), speed_mps: 0 }))
}

export function wayCases(stage: PageStage): void {
  describe('the way to the door', () => {
    let assignedMs = 0
    beforeAll(async () => {
      await stage.server().order('catching-up', { partner: riderOf('catching-up'), ...ON_ROAD })
      assignedMs = Date.now()
      await stage.server().move('catching-up', 'picked_up')
    })

    /** An order on the way with its own road, whose rider was last seen so far before the door. */
    async function before(order: string, leftM: number, fields = {}): Promise<void> {
      await stage.server().order(order, { partner: riderOf(order), ...ON_ROAD, ...fields })
      await stage.server().move(order, 'picked_up')
      await arriveAt(stage.server(), riderOf(order), TRIP_LENGTH_M - leftM)
    }

    test('at the pickup: since when, and when it was promised', async () => {
      const promised_ms = Date.now() + 30 * 60_000
      await stage.server().order('at-pickup', { partner: riderOf('at-pickup'), ...ON_ROAD, promised_ms })
      await stage.server().post(riderOf('at-pickup'), standing(0, 5_000))
      const shown = await stage.open('at-pickup')
      await shown.inState('at_pickup')
      expect(await shown.text('sentence')).toMatch(/^At Warehouse, Feldstrasse.* since \d\d:\d\d\.$/)
      await shown.picture('at-pickup', BOTH_WINDOWS)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('waiting on the road: since when', async () => {
      await stage.server().order('waiting', { partner: riderOf('waiting'), ...ON_ROAD })
      await stage.server().move('waiting', 'picked_up')
      await stage.server().post(riderOf('waiting'), standing(STRAIGHT_FROM_M, 9_000))
      const shown = await stage.open('waiting')
      await shown.inState('waiting')
      expect(await shown.text('sentence')).toMatch(/^Standing still since \d\d:\d\d\.$/)
      await shown.picture('waiting', BOTH_WINDOWS)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('at another customer’s door: the stop, and then that yours is next', async () => {
      const rider = riderOf('at-other')
      const { lat, lng } = fixAt(STRAIGHT_FROM_M) as { lat: number; lng: number }
      await stage.server().order('other-door', { partner: rider, ...TRIP, drop: { lat, lng, name: 'Somebody else' } })
      await stage.server().order('at-other', { partner: rider, ...ON_ROAD })
      for (const id of ['other-door', 'at-other']) await stage.server().move(id, 'picked_up')
      await stage.server().post(rider, standing(STRAIGHT_FROM_M, 5_000))
      const shown = await stage.open('at-other')
      await shown.inState('stops_before')
      expect(await shown.text('sentence')).toMatch(/^Making 1 stop before yours\. At a stop since \d\d:\d\d\.$/)
      await shown.picture('at-other-stop', BOTH_WINDOWS)
      await stage.server().move('other-door', 'delivered')
      await shown.inState('on_the_way')
      expect(await shown.text('sentence')).toBe('On the way to you.')
      await rideOn(stage.server(), rider, { fromM: STRAIGHT_FROM_M, seconds: 2 })
      expect(await shown.page.locator('body').innerText()).not.toContain('Somebody else')
      await shown.picture('yours-is-next', BOTH_WINDOWS)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('running late: about how much, against what was promised', async () => {
      await before('late', 3_400, { promised_ms: Date.now() - 4 * 60_000 })
      const shown = await stage.open('late')
      await shown.inState('late')
      expect(await shown.text('sentence')).toMatch(/^Running about \d+ minutes late\.$/)
      expect(await shown.text('arrival-main')).toMatch(/^\d\d:\d\d( – \d\d:\d\d)?$/)
      await shown.picture('late', BOTH_WINDOWS)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('from close by to the door, with the page open all the way', async () => {
      await before('to-the-door', 220)
      const shown = await stage.open('to-the-door')
      await shown.inState('nearby')
      expect(await shown.text('sentence')).toBe('Your rider is close by.')
      await shown.picture('nearby', BOTH_WINDOWS)
      await shown.rest()
      const far = await roadPixels(shown)
      await rideOn(stage.server(), riderOf('to-the-door'), { fromM: TRIP_LENGTH_M - 150, seconds: 4 })
      await shown.inState('arriving')
      expect(await shown.text('arrival-main')).toBe('Arriving')
      await shown.picture('arriving', BOTH_WINDOWS)
      await rideOn(stage.server(), riderOf('to-the-door'), { fromM: TRIP_LENGTH_M - 60, seconds: 4 })
      await shown.inState('arrived')
      expect(await shown.text('arrival-main')).toBe('Here')
      expect(await shown.text('sentence')).toBe('Your rider is at the door.')
      await shown.picture('arrived', BOTH_WINDOWS)
      await shown.rest()
      // The road that is left has become the road behind; what stays of its colour are disc and progress.
      const near = await roadPixels(shown)
      expect(far.taken).toBeGreaterThan(100)
      expect(near.taken).toBeGreaterThan(far.taken)
      expect(far.toGo - near.toGo).toBeGreaterThan(500)
      expect(await shown.page.locator('#details').textContent()).not.toContain('Still to go')
      expect(shown.faults()).toEqual([])
      await shown.close()
    }, 60_000)

    test('a backlog after an outage is said to be one', async () => {
      // It cannot be older than the assignment, made before the other tests.
      await Bun.sleep(Math.max(0, assignedMs + BACKLOG_MS - Date.now()))
      const fixes = Array.from({ length: 8 }, (_, i) => fixAt(STRAIGHT_FROM_M + 12 * i, BACKLOG_MS + (8 - i) * 1_000))
      await stage.server().post(riderOf('catching-up'), fixes)
      const shown = await stage.open('catching-up')
      await shown.inState('catching_up')
      expect(await shown.text('sentence')).toMatch(/^Catching up after a gap, this is from \d\d:\d\d\.$/)
      await shown.picture('catching-up', BOTH_WINDOWS)
      await stage.server().post(riderOf('catching-up'), fixAt(STRAIGHT_FROM_M + 360))
      await shown.inState('on_the_way')
      expect(shown.faults()).toEqual([])
      await shown.close()
    }, 60_000)
  })
}
