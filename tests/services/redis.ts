/** A real Redis. */

import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Child } from './child.ts'
import { freePorts } from './free-ports.ts'
import { guardedFolder } from './guard.ts'
import { MissingProgram, type Service } from './service.ts'

export interface RedisOptions {
  /** Found on the PATH unless given. */
  program?: string
  /** Of its configuration, by name, over those here. */
  config?: Record<string, string>
}

export interface RedisService extends Service {
  /** `redis://127.0.0.1:PORT`; 64 databases. */
  url: string
}

/** Starts it on a free port; keeps nothing on disk unless `config` says so. Resolves when it answers a PING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisService> {
  const program = options.program ?? Bun.which('redis-server')
  if (!program || !(await Bun.file(program).exists())) throw new MissingProgram('Redis (redis-server)')
  const [port = 0] = await freePorts(1)
  const folder = guardedFolder('redis')
  const config = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder.path,
    save: '',
    appendonly: 'no',
    databases: '64',
    ...options.config,
  }
  const command = [program, ...Object.entries(config).flatMap(([name, value]) => [`--${name}`, value])]
  const url = `redis://127.0.0.1:${port}`
  const start = async () => {
    const started = Child.start(command, { outputFile: join(folder.path, 'output.log'), cwd: folder.path })
    await started.answers('Redis', () => ping(url))
    return started
  }
  let child: Child
  try {
    child = await start()
  } catch (error) {
    folder.remove()
    throw error
  }
  return {
    url,
    pids: () => (child.isAlive ? [child.pid] : []),
    kill: (signal) => child.end(signal),
    pause: () => child.signal('SIGSTOP'),
    resume: () => child.signal('SIGCONT'),
    async restart() {
      await child.end()
      child = await start()
    },
    async stop() {
      await child.end()
      folder.remove()
    },
  }
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 })
  // What fails comes by the promises, too; without a listener it would also be printed.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}
