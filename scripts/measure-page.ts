/**
 * Measures how soon the customer's page says something: `bun scripts/measure-page.ts [runs]`.
 *
 * Starts a server with one order on the way and opens its page in fresh browser profiles; prints each run and the medians.
 */
import type { Browser } from 'playwright-core'
import { openBrowser } from './customer-page.ts'
import { startScriptedRide } from './scripted-ride.ts'

/** Milliseconds from the start of the navigation. */
export interface FirstView {
  /** Until the sheet says what is so, instead of its skeleton. */
  sheetMs: number
  /** Until the rider's marker stands on the map. */
  riderMs: number
}

/** Opens a link with nothing cached. @throws Error when the rider is not there within 15 s */
export async function openFirstView(browser: Browser, link: string): Promise<FirstView> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  try {
    const page = await context.newPage()
    // Both are seen by the page itself: asking from outside would add the way there and back.
    await page.addInitScript(() => {
      const seen: Partial<FirstView> = {}
      Object.assign(window, { firstView: seen })
      new MutationObserver(() => {
        const state = document.getElementById('page')?.dataset.state
        if (state !== undefined && state !== 'loading') seen.sheetMs ??= performance.now()
        if (document.querySelector('.rider')) seen.riderMs ??= performance.now()
      }).observe(document, { subtree: true, childList: true, attributes: true })
    })
    await page.goto(link, { waitUntil: 'commit' })
    const seen = () => {
      const { firstView } = window as unknown as { firstView: Partial<FirstView> }
      return firstView.sheetMs !== undefined && firstView.riderMs !== undefined && firstView
    }
    const found = await page.waitForFunction(seen, undefined, { timeout: 15_000 })
    return (await found.jsonValue()) as FirstView
  } finally {
    await context.close()
  }
}

async function measure(runs: number): Promise<void> {
  const [browser, ride] = await Promise.all([openBrowser(), startScriptedRide()])
  try {
    const views: FirstView[] = []
    for (let run = 1; run <= runs; run++) {
      const view = await openFirstView(browser, ride.link)
      views.push(view)
      console.log(`run ${run}: sheet ${Math.round(view.sheetMs)} ms, rider ${Math.round(view.riderMs)} ms`)
    }
    const median = (of: keyof FirstView) =>
      Math.round(views.map((view) => view[of]).sort((a, b) => a - b)[runs >> 1] ?? 0)
    console.log(`median of ${runs}: sheet ${median('sheetMs')} ms, rider ${median('riderMs')} ms`)
  } finally {
    await browser.close()
    await ride.stop()
  }
}

if (import.meta.main) await measure(Math.max(1, Number(process.argv[2] ?? 5)))
