/** What the demo prints: links as they come, and what becomes of their orders. */

import { printLine } from '../output'
import type { Announcer } from './stage'

export interface AnnouncerOptions {
  /** JSON lines instead of words. */
  json: boolean
  /** How many seconds of a ride pass in one. */
  speed: number
  linkOf(orderId: string): Promise<string>
}

/** The announcer, with the words at the beginning and the end. */
export interface DemoAnnouncer extends Announcer {
  /** Before the first link. */
  open(url: string): void
  /** After the first links. */
  hint(admin: { username: string; password: string } | undefined): void
  close(): void
}

/** Makes an announcer that writes to stdout. */
export function openAnnouncer({ json, speed, linkOf }: AnnouncerOptions): DemoAnnouncer {
  const say = (words: string) => {
    if (!json) printLine(words)
  }
  const state = (event: Record<string, unknown>) => {
    if (json) printLine(JSON.stringify(event))
  }
  return {
    open(url) {
      state({ event: 'open', url })
      say(`zlt demo on ${url}. Open any of these links; each shows one order to its customer.\n`)
    },
    hint(admin) {
      state({ event: 'ready', ...(admin && { admin }) })
      if (speed > 1) {
        say(
          `Riders go ${speed} times as fast as real ones here (--speed 1). The server knows their pace, so that arrivals are true.`,
        )
      }
      say('Try next: open one link in two windows or on two devices; both move together.')
      if (admin) say(`The API’s first admin is ${admin.username}, password ${admin.password}.`)
      say('After a delivery the rider starts its next order, and the new link is printed here. Ctrl-C ends all.\n')
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
      state({ event: 'close' })
      say('The demo has ended; nothing of it is left.')
    },
  }
}
