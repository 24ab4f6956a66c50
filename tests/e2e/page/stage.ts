/** What all tests of the customer's page stand on: one browser, one server, and orders that have come somewhere. */

import type { Browser } from 'playwright-core'
import { type CustomerPage, openPage, type PageOptions } from '../../../scripts/customer-page.ts'
import type { OrderOptions, TestServer, TokenOptions } from '../../support/server.ts'
import { arriveAt, STRAIGHT_FROM_M, TRIP } from '../../support/test-ride.ts'

export interface PageStage {
  browser(): Browser
  server(): TestServer
  /** The link that a customer gets. */
  link(order: string, token?: TokenOptions): Promise<string>
  /** Opens an order's page. */
  open(order: string, options?: PageOptions): Promise<CustomerPage>
  /** Makes an order whose rider, `rider-<order>`, has it and has been seen on the straight street. */
  onTheWay(order: string, fields?: OrderOptions): Promise<void>
}

/** Makes the stage; browser and server may be opened later. */
export function pageStage(browser: () => Browser, server: () => TestServer): PageStage {
  const stage: PageStage = {
    browser,
    server,
    async link(order, token = {}) {
      return `${server().url}/t/${order}#t=${await server().token('CUSTOMER', 'c1', { orders: [order], ...token })}`
    },
    open: async (order, options) => openPage(browser(), await stage.link(order), options),
    async onTheWay(order, fields = {}) {
      await server().order(order, { partner: riderOf(order), ...TRIP, ...fields })
      await server().move(order, 'picked_up')
      await arriveAt(server(), riderOf(order), STRAIGHT_FROM_M)
    },
  }
  return stage
}

/** The rider of an order of the stage. */
export const riderOf = (order: string): string => `rider-${order}`
