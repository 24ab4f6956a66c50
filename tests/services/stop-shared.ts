/** Loaded by `bun test` before the tests' files (bunfig.toml): stops the shared servers after the last of them. */

import { afterAll } from 'bun:test'
import { serversToStop } from './servers-to-stop.ts'

afterAll(async () => {
  await Promise.all(serversToStop.splice(0).map(async (server) => (await server).stop()))
}, 30_000)
