/** Keyboard, screen reader, narrow and wide windows, time to the first view, other pages. */

import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { ALL_LOOKS, openPage, WINDOWS } from '../../../scripts/customer-page.ts'
import { openFirstView } from '../../../scripts/measure-page.ts'
import { TRIP } from '../../support/test-ride.ts'
import { until } from '../../support/until'
import type { PageStage } from './stage.ts'
import { RIDING } from './states.cases.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf-8')

/** What breaks WCAG 2 A or AA, by axe: `rule: element`. */
async function barriers(page: Page): Promise<string[]> {
  // Half-way through a fade, colours promise nothing.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finish())))
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(`${axeSource};undefined`)
  const found = (await page.evaluate(`axe.run(document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }
  })`)) as { violations: { id: string; nodes: { target: unknown[]; failureSummary: string }[] }[] }
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`),
  )
}

export function mannerCases(stage: PageStage): void {
  describe('who reads and moves by other means', () => {
    test('nothing stands in the way by WCAG 2 A and AA, light and dark, before, on the way and after', async () => {
      await stage.onTheWay('barriers', { promised_ms: Date.now() + 30 * 60_000 })
      await stage.server().order('barriers-created', TRIP)
      for (const order of ['barriers-created', 'barriers']) {
        const shown = await stage.open(order)
        await shown.inState('no_rider', ...RIDING)
        for (const [window, colorScheme] of ALL_LOOKS.slice(0, order === 'barriers' ? 3 : 1)) {
          await shown.page.emulateMedia({ colorScheme })
          await shown.page.setViewportSize(WINDOWS[window])
          expect(await barriers(shown.page)).toEqual([])
        }
        if (order === 'barriers') {
          await stage.server().move(order, 'delivered')
          await shown.inState('delivered')
          expect(await barriers(shown.page)).toEqual([])
        }
        await shown.close()
      }
    }, 40_000)

    test('the sheet goes up and down by keys', async () => {
      await stage.onTheWay('keys')
      const shown = await stage.open('keys')
      await shown.inState(...RIDING)
      const { page } = shown
      const sheet = page.locator('#sheet')
      const grip = page.locator('#grip')
      await grip.focus()
      const heights: (string | null)[] = []
      for (const key of ['ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown', 'Enter', 'Enter', 'Enter']) {
        await grip.press(key)
        heights.push(await sheet.getAttribute('data-height'))
      }
      expect(heights).toEqual(['half', 'full', 'half', 'peek', 'half', 'full', 'peek'])
      expect(await grip.getAttribute('aria-expanded')).toBe('false')
      // Tabbing into what is below the edge brings it up.
      await page.locator('#theme input:checked').focus()
      expect(await sheet.getAttribute('data-height')).toBe('full')
      await page.keyboard.press('ArrowRight')
      expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light')
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finish())))
      await page.screenshot({ path: 'dist/screenshots/sheet-full-phone-light.png' })
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('is told each stage once, the sentence once, and the arrival', async () => {
      await stage.onTheWay('spoken')
      const shown = await stage.open('spoken')
      await shown.inState(...RIDING)
      const announcer = shown.page.locator('#announcer')
      expect(await announcer.getAttribute('aria-live')).toBe('polite')
      const first = await announcer.innerText()
      expect(first).toContain('On the way. On the way to you.')
      // Seconds pass, ages change: nothing more is said.
      await shown.page.evaluate(() => {
        const element = document.getElementById('announcer') as HTMLElement
        element.dataset.changes = '0'
        new MutationObserver(() => {
          element.dataset.changes = String(Number(element.dataset.changes) + 1)
        }).observe(element, { childList: true, characterData: true, subtree: true })
      })
      await shown.page
        .locator('#freshness')
        .getByText(/updated \d+ s ago/)
        .waitFor()
      expect(await announcer.getAttribute('data-changes')).toBe('0')
      await stage.server().move('spoken', 'delivered')
      await shown.inState('delivered')
      expect(await announcer.innerText()).toContain('Thank you. Enjoy!')
      expect(await announcer.getAttribute('data-changes')).toBe('1')
      await shown.close()
    })
  })

  describe('windows', () => {
    test('from 320 to 1440 px: no sideways scroll, and the sheet covers neither rider nor drop', async () => {
      await stage.onTheWay('sizes', { promised_ms: Date.now() + 30 * 60_000 })
      const shown = await stage.open('sizes')
      await shown.rider(true)
      const { page } = shown
      const sizes = [
        { width: 320, height: 568 },
        { width: 360, height: 740 },
        WINDOWS.phone,
        { width: 844, height: 390 },
        WINDOWS.desktop,
        WINDOWS.phone,
      ]
      for (const size of sizes) {
        await page.setViewportSize(size)
        for (const height of size.width < 720 ? ['peek', 'half'] : ['full']) {
          if (height === 'half') await page.locator('#grip').press('ArrowUp')
          // The page hears of the new size in an event of its own.
          const isSo = async () => (await page.locator('#sheet').getAttribute('data-height')) === height
          await until(isSo, `the sheet at ${height} in ${size.width} px`)
          const what = `${size.width}×${size.height} ${height}`
          expect(`${what}: ${await page.evaluate(scrollsSideways)}`).toBe(`${what}: false`)
          // The map moves aside in its own time.
          await page.waitForFunction(pinsAreFree, undefined, { timeout: 5_000 }).catch((cause: unknown) => {
            throw new Error(`${what}: the sheet or the edge covers a pin`, { cause })
          })
          if (size.width === 320) await page.screenshot({ path: `dist/screenshots/size-320-${height}.png` })
          if (height === 'half') await page.locator('#grip').press('ArrowDown')
        }
      }
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('the first view with the rider is soon there', async () => {
      await stage.onTheWay('soon')
      const { sheetMs, riderMs } = await openFirstView(stage.browser(), await stage.link('soon'))
      console.log(`the sheet's truth after ${Math.round(sheetMs)} ms, the rider after ${Math.round(riderMs)} ms`)
      expect(sheetMs).toBeLessThan(5_000)
      expect(riderMs).toBeLessThan(8_000)
    })
  })

  describe('the other pages', () => {
    test('/ opens a tracking page of an order and its token', async () => {
      await stage.onTheWay('from-home')
      const shown = await openPage(stage.browser(), `${stage.server().url}/`)
      expect(await barriers(shown.page)).toEqual([])
      await shown.picture('home', ALL_LOOKS)
      await shown.page.getByLabel('Order').fill('from-home')
      const token = (await stage.link('from-home')).split('#t=')[1] ?? ''
      await shown.page.getByLabel('Token').fill(token)
      await shown.page.getByRole('button', { name: 'Open' }).click()
      await shown.inState(...RIDING)
      expect(shown.faults()).toEqual([])
      await shown.close()
    })

    test('/docs lists every route, and filters', async () => {
      const shown = await openPage(stage.browser(), `${stage.server().url}/docs`)
      const { page } = shown
      await page.locator('#routes details').first().waitFor()
      expect(await barriers(page)).toEqual([])
      await shown.picture('docs', ALL_LOOKS)
      const all = await page.locator('#routes details:visible').count()
      await page.getByLabel('Filter').fill('/location')
      expect(await page.locator('#routes details:visible').count()).toBeLessThan(all)
      await page.locator('#routes details:visible').first().locator('summary').press('Enter')
      await page.setViewportSize({ width: 320, height: 568 })
      expect(await page.evaluate(scrollsSideways)).toBe(false)
      await page.screenshot({ path: 'dist/screenshots/docs-open-320.png' })
      expect(await barriers(page)).toEqual([])
      expect(shown.faults()).toEqual([])
      await shown.close()
    })
  })
}

/** Whether the window can be scrolled to the side; runs in the page. */
function scrollsSideways(): boolean {
  const { scrollWidth, clientWidth } = document.documentElement
  return scrollWidth > clientWidth
}

/** Whether rider and drop stand whole on what the sheet leaves of the map; runs in the page. */
function pinsAreFree(): boolean {
  const sheet = document.getElementById('sheet')?.getBoundingClientRect()
  return ['.rider-disc', '.drop-pin'].every((name) => {
    const pin = document.querySelector(name)?.getBoundingClientRect()
    if (!pin || !sheet) return false
    const inside = pin.left >= 0 && pin.top >= 0 && pin.right <= innerWidth && pin.bottom <= innerHeight
    return inside && (pin.bottom <= sheet.top || pin.left >= sheet.right)
  })
}
