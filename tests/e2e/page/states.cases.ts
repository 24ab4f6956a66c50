/** An order from its creation to the door, as its customer sees it. */

import { describe, expect, test } from 'bun:test'
import { ALL_LOOKS } from '../../../scripts/customer-page.ts'
import { eventually } from '../../support/server.ts'
import { arriveAt, fixAt, STRAIGHT_FROM_M, TRIP } from '../../support/test-ride.ts'
import { type PageStage, riderOf } from './stage.ts'

/** The states that a rider on the road, far from the door, may be in; the delay since its last halt decides. */
export const RIDING = ['on_the_way', 'late'] as const

export function stateCases(stage: PageStage): void {
  describe('the states of an order', () => {
    test('loading: the shape of what comes, and nothing jumps when it comes', async () => {
      await stage.onTheWay('loading')
      let answer: () => void = () => {}
      const held = new Promise<void>((resolve) => {
        answer = resolve
      })
      const shown = await stage.open('loading', {
        before: (page) => page.route('**/orders/*/track', (route) => held.then(() => route.continue())),
      })
      await shown.inState('loading')
      const { page } = shown
      expect(await page.locator('.bone:visible').count()).toBeGreaterThanOrEqual(3)
      await shown.picture('loading', ALL_LOOKS)
      await shown.rest()
      const before = await page.locator('#sentence').boundingBox()
      const emptyMs = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
      expect(emptyMs).toBeLessThan(3_000)
      answer()
      await shown.inState(...RIDING)
      await shown.rest()
      const after = await page.locator('#sentence').boundingBox()
      expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThanOrEqual(8)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('created: no rider yet, and the page says when there will be one', async () => {
      await stage.server().order('created', { ...TRIP, promised_ms: Date.now() + 45 * 60_000 })
      const shown = await stage.open('created')
      await shown.inState('no_rider')
      expect(await shown.text('sentence')).toBe('You will see the rider once one is assigned.')
      expect(await shown.text('arrival-main')).toBe('Getting ready')
      expect(await shown.text('arrival-aside')).toMatch(/^promised by \d\d:\d\d$/)
      await shown.picture('created')

      // The page is not touched again: what happens to the order comes to it.
      await stage.server().assign('created', riderOf('created'))
      await shown.inState('not_seen_yet')
      expect(await shown.text('arrival-main')).toBe('Assigned')
      await shown.picture('assigned')
      await arriveAt(stage.server(), riderOf('created'), 800)
      await shown.rider(true)
      await shown.inState('to_pickup', 'waiting')
      await shown.picture('to-pickup')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('more than five stops before: how many, and no rider', async () => {
      const rider = 'rider-of-many'
      for (let i = 0; i < 6; i++) await stage.server().order(`before-${i}`, { partner: rider, ...TRIP })
      await stage.server().order('seventh', { partner: rider, ...TRIP })
      for (const id of ['before-0', 'before-1', 'before-2', 'seventh']) await stage.server().move(id, 'picked_up')
      await arriveAt(stage.server(), rider, STRAIGHT_FROM_M)
      const shown = await stage.open('seventh')
      await shown.inState('not_visible')
      expect(await shown.text('arrival-main')).toBe('After 6 stops')
      expect(await shown.text('sentence')).toBe('You will see the rider once there are 5 stops or fewer before yours.')
      await shown.rider(false)
      await shown.picture('not-visible')

      await stage.server().move('before-0', 'delivered')
      await shown.inState('not_seen_yet')
      await stage.server().post(rider, fixAt(STRAIGHT_FROM_M + 20))
      await shown.rider(true)
      await shown.inState('stops_before')
      expect(await shown.text('sentence')).toBe('Making 5 stops before yours.')
      await shown.picture('stops-before')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('on the way: arrival, stages, details', async () => {
      await stage.onTheWay('riding', { promised_ms: Date.now() + 25 * 60_000 })
      const shown = await stage.open('riding')
      await shown.inState(...RIDING)
      await shown.rider(true)
      expect(await shown.text('arrival-main')).toMatch(/^(\d\d:\d\d( – \d\d:\d\d)?|\d[\d.]*\skm)$/)
      expect(await shown.text('freshness')).toMatch(/^Live/)
      expect(await shown.page.title()).toEndWith('Order riding')
      const stages = shown.page.locator('#stages li')
      expect(await stages.count()).toBe(5)
      expect(await shown.page.locator('#stages [aria-current="step"]').innerText()).toStartWith('On the way')
      expect(await shown.page.locator('#details').textContent()).toContain('Warehouse, Feldstrasse')
      await shown.picture('on-the-way', ALL_LOOKS)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('handed over: the old rider is gone at once, the new one comes by itself', async () => {
      await stage.onTheWay('handed-over')
      const shown = await stage.open('handed-over')
      await shown.rider(true)
      const startMs = performance.now()
      await stage.server().assign('handed-over', 'second-rider')
      await shown.rider(false)
      expect(performance.now() - startMs).toBeLessThan(2_000)
      await shown.inState('handed_over')
      expect(await shown.text('sentence')).toBe('Handed over to another rider.')
      await shown.picture('handed-over')
      // What the old phone still sends is nobody's business.
      await stage.server().post(riderOf('handed-over'), fixAt(STRAIGHT_FROM_M + 60))
      await arriveAt(stage.server(), 'second-rider', STRAIGHT_FROM_M + 300)
      await shown.rider(true)
      expect(await shown.text('sentence')).toBe('Handed over to another rider.')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('delivered: a calm end without rider and map', async () => {
      await stage.onTheWay('delivered')
      const shown = await stage.open('delivered')
      await shown.rider(true)
      await stage.server().move('delivered', 'delivered')
      await shown.inState('delivered')
      await shown.rider(false)
      expect(await shown.page.locator('#map canvas').count()).toBe(0)
      expect(await shown.text('arrival-main')).toBe('Delivered')
      expect(await shown.text('arrival-aside')).toMatch(/^at \d\d:\d\d$/)
      await shown.picture('delivered', ALL_LOOKS)
      await shown.page.reload()
      await shown.inState('delivered')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('cancelled: an end that says so', async () => {
      await stage.onTheWay('cancelled')
      const shown = await stage.open('cancelled')
      await shown.inState(...RIDING)
      await stage.server().move('cancelled', 'cancelled')
      await shown.inState('cancelled')
      await shown.rider(false)
      expect(await shown.text('sentence')).toBe('This order was cancelled. Nothing more is on its way.')
      await shown.picture('cancelled')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('forgotten: the open page forgets too', async () => {
      await stage.onTheWay('forgotten')
      const shown = await stage.open('forgotten')
      await shown.rider(true)
      const token = await stage.server().token('INTERNAL_SERVICE', 'backend')
      await stage.server().call('DELETE', '/orders/forgotten', { token })
      await shown.inState('expired')
      const left = await eventually('the page to forget', async () => {
        const text = await shown.page.locator('body').innerText()
        return /Feldstrasse|Gagoz|Van/.test(text) ? undefined : text
      })
      expect(left).toContain('Link ended')
      expect(await shown.page.locator('.rider').count()).toBe(0)
      await shown.picture('forgotten')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })
  })
}
