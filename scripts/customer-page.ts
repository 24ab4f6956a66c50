/** A page of zlt in a real browser: what it shows, and what it must never do. For tests and for pictures. */

import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from './find-chromium.ts'

/** Where the pictures of a test run go. */
export const SCREENSHOT_FOLDER = resolve(import.meta.dir, '../dist/screenshots')

/** The two windows that every state is looked at in. */
export const WINDOWS = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } } as const

export type Theme = 'light' | 'dark'

/** How a page is looked at. */
export type Look = readonly [window: keyof typeof WINDOWS, theme: Theme]

/** One picture a state: to draw a map anew takes a second or two where there is no graphics card. */
const ONE_LOOK: readonly Look[] = [['phone', 'light']]

/** Every window in every theme; given as the default of `picture`, each state is taken in all of them. */
export const ALL_LOOKS: readonly Look[] = [
  ['phone', 'light'],
  ['phone', 'dark'],
  ['desktop', 'dark'],
  ['desktop', 'light'],
]

/** Starts the browser that the tests of a file share. @throws Error when there is none on this machine */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('no Chromium or Chrome was found: install one, then run this again')
  const quiet = ['quic', 'gpu', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`)
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet] })
}

export interface PageOptions {
  size?: { width: number; height: number }
  theme?: Theme
  reducedMotion?: boolean
  javaScript?: boolean
  scale?: number
  /** Runs before the page is opened: routes to block, scripts to run first. */
  before?(page: Page, context: BrowserContext): Promise<unknown>
}

export interface CustomerPage {
  page: Page
  context: BrowserContext
  /** Waits until the page is in one of these states. */
  inState(...states: string[]): Promise<void>
  /** The text of an element, as it is to be read. */
  text(id: string): Promise<string>
  /** Waits until the rider's marker stands on the map, or is gone. */
  rider(shown: boolean): Promise<void>
  /** Waits until what moves by itself has come to rest and the map is drawn. */
  rest(): Promise<void>
  /** Pictures named after the state, in these looks; without any, on a phone in daylight. */
  picture(state: string, looks?: readonly Look[]): Promise<void>
  /** Errors of the console, breaches of the policy and requests to elsewhere so far, but for those that `expected` matches. */
  faults(...expected: RegExp[]): string[]
  close(): Promise<void>
}

/** What the console says of a request that was blocked, cut or refused; only tests that do so expect it. */
export const NETWORK_ERROR = /^console: (Failed to load resource|WebSocket connection)/

/** Opens `url` in a context of its own. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<CustomerPage> {
  const { size = WINDOWS.phone, theme = 'light', reducedMotion = false, javaScript = true, scale = 1 } = options
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    javaScriptEnabled: javaScript,
    deviceScaleFactor: scale,
    locale: 'en-GB',
    timezoneId: 'Europe/Vaduz',
  })
  const page = await context.newPage()
  const faults = watchFaults(page, context, new URL(url).origin)
  await options.before?.(page, context)
  await page.goto(url, { waitUntil: 'commit' })

  return {
    page,
    context,
    async inState(...states) {
      const selector = states.map((state) => `#page[data-state="${state}"]`).join()
      await page.locator(selector).waitFor({ state: 'attached', timeout: 8_000 })
    },
    text: async (id) => (await page.locator(`#${id}`).innerText()).trim(),
    async rider(shown) {
      await page.locator('.rider').waitFor({ state: shown ? 'visible' : 'detached', timeout: 8_000 })
    },
    rest: () => page.evaluate(settled),
    async picture(state, looks = ONE_LOOK) {
      for (const [window, colorScheme] of looks) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize(WINDOWS[window])
        await page.evaluate(settled)
        await page.screenshot({ path: join(SCREENSHOT_FOLDER, `${state}-${window}-${colorScheme}.png`) })
      }
      await page.setViewportSize(size)
      await page.emulateMedia({ colorScheme: theme })
    },
    faults: (...expected) => faults.filter((fault) => !expected.some((pattern) => pattern.test(fault))),
    close: () => context.close(),
  }
}

/** Waits, for as long as a picture is worth, until what moves by itself has come to rest and the map is drawn. */
async function settled(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const endMs = performance.now() + 1_500
  const map = document.getElementById('map')
  let restingFrames = 0
  while (restingFrames < 4 && performance.now() < endMs) {
    await frame()
    const moving = document.getAnimations().some((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    restingFrames = moving || map?.getAttribute('aria-busy') === 'true' ? 0 : restingFrames + 1
  }
}

function watchFaults(page: Page, context: BrowserContext, origin: string): string[] {
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`))
  const host = new URL(origin).host
  const look = (url: string) => {
    const { protocol, host: asked } = new URL(url)
    if (protocol !== 'data:' && protocol !== 'blob:' && asked !== host) faults.push(`a request to ${url}`)
  }
  context.on('request', (request) => look(request.url()))
  page.on('websocket', (socket) => look(socket.url()))
  return faults
}
