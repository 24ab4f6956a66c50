/** What the demo prints: links as they come, and what becomes of their orders. */

import { printLine } from '../output'
import type { Announcer } from './stage'

export interface AnnouncerOptions {
  /** JSON lines instead of words. */
  json: boolean
  linkOf(orderId: string): Promise<string>
}

/** The announcer, with the words at the beginning and the end. */
export interface DemoAnnouncer extends Announcer {
  open(url: string, admin: { username: string; password: string } | undefined): void
  close(): void
}

/** How long the first links are waited for before the hint below them is printed. */
const FIRST_LINKS_MS = 1_500

/** Makes an announcer that writes to stdout. */
export function openAnnouncer({ json, linkOf }: AnnouncerOptions): DemoAnnouncer {
  const say = (words: string) => {
    if (!json) printLine(words)
  }
  const state = (event: Record<string, unknown>) => {
    if (json) printLine(JSON.stringify(event))
  }
  let hint: ReturnType<typeof setTimeout> | undefined
  return {
    open(url, admin) {
      state({ event: 'open', url, ...(admin && { admin }) })
      say(`zlt demo on ${url}. Open any of these links; each shows one order to its customer.\n`)
      hint = setTimeout(() => {
        say('Try next: open the same link on two devices or in two windows; both move together.')
        if (admin) say(`To call the API yourself: user ${admin.username}, password ${admin.password}`)
        say(
          'When an order is delivered, its rider starts the next one and the new link is printed here. Ctrl-C ends all.\n',
        )
      }, FIRST_LINKS_MS)
    },
    async link(orderId, sees) {
      const url = await linkOf(orderId)
      state({ event: 'link', order_id: orderId, url, sees })
      say(`${sees}\n  ${url}\n`)
    },
    ended(orderId) {
      state({ event: 'ended', order_id: orderId })
      say(`${orderId} was delivered: its link shows the end for 30 minutes. The next order follows in a moment.\n`)
    },
    close() {
      clearTimeout(hint)
      state({ event: 'close' })
      say('The demo has ended; nothing of it is left.')
    },
  }
}
