/** The demo's course: server, stage, stories, curtain. */

import { configOf } from '../../src/config'
import { CliError, EXIT } from '../exit'
import { openLocalKey } from '../local-key'
import { tell } from '../output'
import { openBackend } from '../riders/backend'
import { freePort } from '../riders/own-server'
import { makeTemporaryFolder } from '../riders/temporary-folder'
import { openAnnouncer } from './announcer'
import { demoPace, teach } from './experience'
import { CurtainError, Stage } from './stage'
import { STORIES, type Story, tellForEver } from './stories'

/** The command's options, parsed. */
export interface DemoOptions {
  port?: number
  speed: number
  seed: number
  /** Milliseconds; without it until the curtain falls. */
  duration?: number
  json?: true
}

const FIRST_PORT = 8080
const HOST = '127.0.0.1'
/** Tokens of people live as long as tokens may; the demo's own are made anew at each start. */
const TTL_S = 86_400

/**
 * Plays until `curtain` is aborted, by the caller or by `duration`. The server runs in this process; its folder is removed.
 * @throws CliError when the port is taken or a story fails
 */
export async function runDemo(options: DemoOptions, curtain: AbortController): Promise<void> {
  const folder = await makeTemporaryFolder('zlt-demo-')
  try {
    await play(folder.path, options, curtain)
  } finally {
    await folder.remove()
  }
}

async function play(folder: string, options: DemoOptions, curtain: AbortController): Promise<void> {
  const { startServer } = await import('../../src/server')
  const port = options.port ?? (await freePort(FIRST_PORT))
  const config = configOf({ host: HOST, port, data: folder, logLevel: 'error' })
  await teach(folder, demoPace(options.speed, Date.now()))
  const admins: { username: string; password: string }[] = []
  const server = await startServer(config, { onFirstAdmin: (admin) => admins.push(admin) }).catch((cause: unknown) => {
    throw new CliError(EXIT.failed, `the server did not start: ${cause instanceof Error ? cause.message : cause}`)
  })
  try {
    const mint = await openLocalKey(config)
    const { signal } = curtain
    const token = await mint({ sub: 'demo-backend', role: 'INTERNAL_SERVICE', ttlS: TTL_S })
    const announcer = openAnnouncer({
      speed: options.speed,
      json: options.json === true,
      linkOf: async (orderId) => {
        const jwt = await mint({ sub: 'demo-customer', role: 'CUSTOMER', orders: [orderId], ttlS: TTL_S })
        return `${server.url}/t/${orderId}#t=${jwt}`
      },
    })
    const stage = new Stage({
      url: server.url,
      backend: openBackend(server.url, token, signal),
      announcer,
      riderToken: (partnerId) => mint({ sub: partnerId, role: 'DELIVERY_PARTNER', ttlS: TTL_S }),
      pace: options.speed,
      seed: options.seed,
      signal,
      onTrouble: (message) => tell(`a fix did not arrive and is sent again: ${message}`),
    })
    announcer.open(server.url)
    const timer = options.duration === undefined ? undefined : setTimeout(() => curtain.abort(), options.duration)
    try {
      // One after the other, so that the links stand in the order of the stories.
      const rounds: (() => Promise<void>)[] = []
      for (const story of STORIES) rounds.push(await story.open(stage, 1))
      announcer.hint(admins[0])
      await Promise.all(STORIES.map((story, i) => perform(stage, story, rounds[i] as () => Promise<void>, curtain)))
    } catch (error) {
      // A call cut off by the curtain is no failure; a story that broke off is, though it lets the curtain fall too.
      if (!curtain.signal.aborted || error instanceof CliError) throw error
    } finally {
      clearTimeout(timer)
    }
    announcer.close()
  } finally {
    await server.close()
  }
}

/** Plays one story until the curtain; if it fails, all end, since half a demo would mislead. */
async function perform(
  stage: Stage,
  story: Story,
  first: () => Promise<void>,
  curtain: AbortController,
): Promise<void> {
  try {
    await tellForEver(stage, story, first)
  } catch (error) {
    if (error instanceof CurtainError || curtain.signal.aborted) return
    curtain.abort()
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError(EXIT.failed, `the story ${story.name} broke off: ${reason}`, [], { cause: error })
  }
}
