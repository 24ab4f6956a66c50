/** How the marker moves: between fixes, along the street, and never back. */

import { describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { fixAt, rideOn, STRAIGHT_FROM_M } from '../../support/test-ride.ts'
import { type PageStage, riderOf } from './stage.ts'

/** A frame's time, and the rider's place on the screen as seen from the drop's: a moving camera moves both. */
interface Sample {
  atMs: number
  x: number
  y: number
}

/** Watches the marker, frame by frame. */
function watch(page: Page, forMs: number): Promise<Sample[]> {
  return page.evaluate(async (ms) => {
    const samples: Sample[] = []
    const startMs = performance.now()
    while (performance.now() - startMs < ms) {
      const atMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const rider = document.querySelector('.rider-disc')?.getBoundingClientRect()
      const drop = document.querySelector('.drop-pin')?.getBoundingClientRect()
      if (rider && drop) samples.push({ atMs, x: rider.x - drop.x, y: rider.y - drop.y })
    }
    return samples
  }, forMs)
}

/** How far each sample is along the line from the first to the last, in pixels. */
function alongOf(samples: Sample[]): number[] {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return []
  const [dx, dy] = [last.x - first.x, last.y - first.y]
  const length = Math.hypot(dx, dy)
  return samples.map(({ x, y }) => ((x - first.x) * dx + (y - first.y) * dy) / length)
}

const steps = (values: number[]) => values.slice(1).map((value, i) => value - (values[i] as number))

export function motionCases(stage: PageStage): void {
  describe('the marker', () => {
    test('glides along a straight street between the fixes, never back, and points where the street leads', async () => {
      await stage.onTheWay('gliding')
      const shown = await stage.open('gliding')
      await shown.rider(true)
      // Nearer, so that a second of the ride is some pixels long.
      for (let i = 0; i < 2; i++) await shown.page.getByRole('button', { name: 'Zoom in' }).press('Enter')
      await shown.rest()
      const [samples] = await Promise.all([
        // The first fix comes after a hole as long as the page took to open; some later the feed is known.
        Bun.sleep(3_000).then(() => watch(shown.page, 5_000)),
        rideOn(stage.server(), riderOf('gliding'), { fromM: STRAIGHT_FROM_M, seconds: 8 }),
      ])
      const along = alongOf(samples)
      const lengthPx = along.at(-1) ?? 0
      expect(lengthPx).toBeGreaterThan(4)
      // A tenth of a pixel is rounding.
      expect(Math.min(...steps(along))).toBeGreaterThan(-0.1)
      // Five fixes came; a marker that jumped from one to the next would show five places or so.
      expect(new Set(along.map((px) => px.toFixed(1))).size).toBeGreaterThan(15)
      const pxPerMs = lengthPx / ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0))
      const times = steps(samples.map(({ atMs }) => atMs))
      // A frame shows what the one before drew, so a late frame's way counts with its neighbour's time.
      const jumps = steps(along).filter((px, i) => px > 6 * pxPerMs * ((times[i - 1] ?? 0) + (times[i] ?? 0)) + 1.5)
      expect(jumps).toEqual([])
      const wedge = (await shown.page.locator('.rider-wedge').getAttribute('style')) ?? ''
      // The street runs south-south-west.
      expect(Math.abs(Number(/rotate\(([\d.]+)deg\)/.exec(wedge)?.[1]) - 205)).toBeLessThan(12)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('a late fix does not move it back', async () => {
      await stage.onTheWay('late-fix')
      const shown = await stage.open('late-fix')
      await shown.rider(true)
      const watching = watch(shown.page, 2_000)
      await stage.server().post(riderOf('late-fix'), fixAt(STRAIGHT_FROM_M + 24))
      await stage.server().post(riderOf('late-fix'), fixAt(STRAIGHT_FROM_M - 60, 5_000))
      const samples = await watching
      // South is the way it goes, and down the screen.
      expect(Math.min(...steps(samples.map(({ y }) => y)))).toBeGreaterThan(-0.1)
      await shown.close()
    })

    test('who wants less motion gets none: the newest place at once', async () => {
      await stage.onTheWay('calm')
      const shown = await stage.open('calm', { reducedMotion: true })
      await shown.rider(true)
      const [samples] = await Promise.all([
        watch(shown.page, 2_500),
        rideOn(stage.server(), riderOf('calm'), { fromM: STRAIGHT_FROM_M, seconds: 2 }),
      ])
      const moves = steps(alongOf(samples)).filter((px) => Math.abs(px) > 0.05)
      expect(moves.length).toBeGreaterThan(0)
      expect(moves.length).toBeLessThanOrEqual(3)
      const animations = await shown.page.evaluate(() => document.getAnimations().length)
      expect(animations).toBe(0)
      await shown.picture('reduced-motion')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })
  })
}
