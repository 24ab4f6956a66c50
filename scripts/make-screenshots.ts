/**
 * Makes the README's pictures, docs/images/page-{phone,desktop}.png: `bun scripts/make-screenshots.ts`.
 *
 * They are taken of a real page while its rider rides; the pages must be built (`bun run build:web`).
 */
import { join } from 'node:path'
import { openBrowser, openPage, type PageOptions, WINDOWS } from './customer-page.ts'
import { startScriptedRide } from './scripted-ride.ts'

const pictures: [name: string, PageOptions][] = [
  ['page-phone', { size: WINDOWS.phone, theme: 'light', scale: 2 }],
  ['page-desktop', { size: { width: 1200, height: 844 }, theme: 'dark' }],
]

const [browser, ride] = await Promise.all([openBrowser(), startScriptedRide()])
try {
  for (const [name, options] of pictures) {
    const shown = await openPage(browser, ride.link, options)
    await shown.inState('on_the_way', 'late')
    await shown.rider(true)
    await shown.rest()
    const path = join(import.meta.dir, `../docs/images/${name}.png`)
    await shown.page.screenshot({ path })
    console.log(`${name}.png: ${Bun.file(path).size} bytes`)
    await shown.close()
  }
} finally {
  await browser.close()
  await ride.stop()
}
