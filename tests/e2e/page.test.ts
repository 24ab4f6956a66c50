/** The customer's page in a real browser, against a real server that gets real fixes. */

import { afterAll, beforeAll, setDefaultTimeout } from 'bun:test'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../../scripts/customer-page.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { mannerCases } from './page/manners.cases.ts'
import { motionCases } from './page/motion.cases.ts'
import { pageStage } from './page/stage.ts'
import { stateCases } from './page/states.cases.ts'
import { troubleCases } from './page/troubles.cases.ts'
import { wayCases } from './page/way.cases.ts'

setDefaultTimeout(30_000)

let browser: Browser
let server: TestServer

beforeAll(async () => {
  ;[browser, server] = await Promise.all([openBrowser(), startTestServer()])
})

afterAll(async () => {
  await browser.close()
  await server.close()
})

const stage = pageStage(
  () => browser,
  () => server,
)
stateCases(stage)
wayCases(stage)
motionCases(stage)
troubleCases(stage)
mannerCases(stage)
