/** When the network, the rider's phone, the link or the map lets the page down. */

import { describe, expect, test } from 'bun:test'
import { freePort } from '../../../cli/riders/own-server.ts'
import { ALL_LOOKS, NETWORK_ERROR, openPage } from '../../../scripts/customer-page.ts'
import { startTestServer } from '../../support/server.ts'
import { arriveAt, fixAt, STRAIGHT_FROM_M, TRIP } from '../../support/test-ride.ts'
import { type PageStage, pageStage, riderOf } from './stage.ts'
import { RIDING } from './states.cases.ts'

export function troubleCases(stage: PageStage): void {
  describe('a signal that is lost', () => {
    test('is said in words with its age, and the marker stays where it was last seen', async () => {
      await stage.onTheWay('silent')
      const shown = await stage.open('silent', { before: (page) => page.clock.install() })
      await shown.inState(...RIDING)
      await shown.rider(true)
      // Time passes on the page alone, which takes news of the order as a sign that the connection is alive; but the
      // more it hears, the more it believes the server's clock.
      for (let i = 0; i < 4; i++) {
        await shown.page.clock.fastForward(21_000)
        const token = await stage.server().token('INTERNAL_SERVICE', 'backend')
        const promised_ms = Date.now() + (40 + i) * 60_000
        await stage.server().call('PATCH', '/orders/silent', { token, body: { promised_ms } })
        await shown.page.waitForFunction(
          (minutes) => document.getElementById('details')?.textContent?.includes(minutes),
          new Date(promised_ms).toLocaleTimeString('en-GB', { timeZone: 'Europe/Vaduz', timeStyle: 'short' }),
        )
      }
      await shown.inState('stale')
      expect(await shown.text('arrival-main')).toBe('No signal')
      expect(await shown.text('sentence')).toMatch(/^Signal lost 1 minute ago, last seen [\d.]+\sk?m from /)
      expect(await shown.text('freshness')).toBe('No signal for 1 min')
      expect(await shown.page.locator('.rider-chip').innerText()).toMatch(/^last seen \d\d:\d\d$/)
      expect(await shown.page.locator('.rider.is-stale').count()).toBe(1)
      await shown.picture('stale')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })
  })

  describe('no network here', () => {
    test('offline: from when the page is, then the truth again by itself', async () => {
      await stage.onTheWay('offline')
      const shown = await stage.open('offline')
      await shown.rider(true)
      await shown.inState(...RIDING)
      await shown.rest()
      await shown.context.setOffline(true)
      await shown.inState('offline')
      expect(await shown.text('sentence')).toMatch(/^You are offline, this is from \d\d:\d\d\.$/)
      expect(await shown.text('freshness')).toBe('Offline')
      await shown.picture('offline')
      await stage.server().move('offline', 'delivered')
      await shown.context.setOffline(false)
      await shown.inState('delivered')
      expect(shown.faults(NETWORK_ERROR)).toEqual([])
      await shown.close()
    })

    test('a server that restarts: the page comes back to it by itself, and so do tiles that could not be had', async () => {
      const server = await startTestServer({ port: await freePort() })
      try {
        const own = pageStage(stage.browser, () => server)
        await own.onTheWay('restart')
        let cut = true
        const shown = await own.open('restart', {
          before: (page) => page.route('**/*.pmtiles', (route) => (cut ? route.abort() : route.continue())),
        })
        await shown.rider(true)
        await shown.page.locator('#map.is-plain').waitFor()
        await server.stop()
        await shown.page.locator('#freshness[data-tone="warn"]').waitFor()
        expect(await shown.text('freshness')).toMatch(/^Reconnecting/)
        await shown.rider(true)
        await shown.picture('reconnecting')
        cut = false
        await server.start()
        await arriveAt(server, riderOf('restart'), STRAIGHT_FROM_M + 120)
        await shown.page.locator('#freshness[data-tone="live"]').waitFor({ timeout: 15_000 })
        await shown.inState(...RIDING)
        await shown.rider(true)
        await shown.page.locator('#map:not(.is-plain)').waitFor()
        await shown.rest()
        expect(await shown.page.locator('#map.is-plain').count()).toBe(0)
        expect(shown.faults(NETWORK_ERROR)).toEqual([])
        await shown.close()
      } finally {
        await server.close()
      }
    })
  })

  describe('a link that opens nothing', () => {
    test('says the same whether the order exists or not', async () => {
      await stage.onTheWay('someone-elses')
      const { url } = stage.server()
      const long = Date.now() - 3_600_000
      const links = {
        'no token': `${url}/t/someone-elses`,
        'a damaged token': `${url}/t/someone-elses#t=eyJhbGciOiJFUzI1NiJ9.e30.AAAA`,
        'a token that ended': await stage.link('someone-elses', { nowMs: long, ttlS: 60 }),
        'a token of another order': await stage.link('someone-elses', { orders: ['another'] }),
        'an order that does not exist': await stage.link('never-was', { orders: ['another'] }),
      }
      const texts = new Map<string, string>()
      for (const [name, link] of Object.entries(links)) {
        const shown = await openPage(stage.browser(), link)
        await shown.inState('refused')
        texts.set(name, `${await shown.page.title()}\n${await shown.page.locator('body').innerText()}`)
        if (name === 'a token that ended') await shown.picture('refused', ALL_LOOKS)
        expect(shown.faults(NETWORK_ERROR)).toEqual([])
        await shown.close()
      }
      expect([...new Set(texts.values())]).toHaveLength(1)
      const [text] = texts.values()
      expect(text).toContain('This link has expired or was never valid.')
      expect(text).not.toContain('someone-elses')
    })
  })

  describe('a map that cannot be had', () => {
    test('no tiles: a plain ground with rings, scale and north', async () => {
      await stage.onTheWay('no-tiles')
      const shown = await stage.open('no-tiles', {
        before: (page) => page.route('**/*.pmtiles', (route) => route.abort()),
      })
      await shown.rider(true)
      await shown.page.locator('#map.is-plain').waitFor()
      await shown.page.locator('.maplibregl-ctrl-scale').waitFor()
      await shown.picture('no-tiles')
      expect(shown.faults(NETWORK_ERROR)).toEqual([])
      await shown.close()
    })

    test('a place that the tiles do not cover: the same plain ground', async () => {
      const drop = { lat: 12.9816, lng: 77.6046, name: 'Home' }
      await stage.server().order('elsewhere', { partner: riderOf('elsewhere'), drop, vehicle: 'motorbike' })
      await stage.server().move('elsewhere', 'picked_up')
      const rider = { ...fixAt(STRAIGHT_FROM_M), lat: 12.9716, lng: 77.5946 }
      await stage.server().post(riderOf('elsewhere'), rider)
      const shown = await stage.open('elsewhere')
      await shown.rider(true)
      await shown.page.locator('#map.is-plain').waitFor()
      await shown.picture('elsewhere')
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('no map at all: the sheet says everything else', async () => {
      await stage.onTheWay('no-map')
      const shown = await stage.open('no-map', {
        before: (page) => page.route('**/assets/map-view-*', (route) => route.abort()),
      })
      await shown.inState(...RIDING)
      await shown.page.locator('#map[data-unavailable]').waitFor()
      expect(await shown.text('sentence')).toBe('On the way to you.')
      await shown.picture('no-map')
      expect(shown.faults(NETWORK_ERROR)).toEqual([])
      await shown.close()
    })
  })

  describe('a browser that is too old', () => {
    const old = 'This page needs a current browser'

    test('is told so', async () => {
      await stage.server().order('old', TRIP)
      const shown = await stage.open('old', {
        before: (page) => page.addInitScript('delete Array.prototype.findLast'),
      })
      await shown.page.getByText(old).waitFor({ state: 'visible' })
      expect(await shown.page.locator('#sheet').isVisible()).toBe(false)
      await shown.picture('too-old')
      await shown.close()
    })

    test('and so is one without JavaScript', async () => {
      const shown = await stage.open('old', { javaScript: false })
      await shown.page.getByText(old).waitFor({ state: 'visible' })
      await shown.close()
    })
  })
}
