/** A real Postgres. */

import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import { findPostgresFolder } from '../../scripts/find-program.ts'
import { runCommand } from '../../scripts/world/run-command.ts'
import { until } from '../support/until.ts'
import { Child } from './child.ts'
import { freePorts } from './free-ports.ts'
import { guardedFolder } from './guard.ts'
import { childPids, runningProcesses } from './processes.ts'
import { MissingProgram, type Service } from './service.ts'

export interface PostgresOptions {
  /** The folder of `initdb` and `postgres`; found unless given. */
  binFolder?: string
  /** Of its configuration, by name, over those here. */
  config?: Record<string, string>
}

export interface PostgresService extends Service {
  /** `postgres://zlt@127.0.0.1:PORT/postgres`, a superuser without a password. */
  url: string
}

/**
 * Starts it on a free port; resolves when it answers a query. What it has committed survives its own end (SIGKILL), not
 * the machine's: it never syncs. Run by root, it runs as the user `postgres`, for it refuses root.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresService> {
  const bin = options.binFolder ?? findPostgresFolder()
  if (bin === undefined || !(await Bun.file(join(bin, 'initdb')).exists())) throw new MissingProgram('Postgres')
  const [port = 0] = await freePorts(1)
  const folder = guardedFolder('postgres')
  const data = join(folder.path, 'data')
  const url = `postgres://zlt@127.0.0.1:${port}/postgres`
  const config = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '32MB',
    ...options.config,
  }
  const settings = Object.entries(config).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let as: string[]
  const start = async () => {
    const started = Child.start([...as, join(bin, 'postgres'), '-D', data, ...settings], {
      outputFile: join(folder.path, 'output.log'),
      cwd: folder.path,
      endSignal: 'SIGQUIT',
    })
    await started.answers('Postgres', () => query(url))
    return started
  }
  let child: Child
  try {
    as = await otherUser(folder.path, data)
    const initdb = [...as, join(bin, 'initdb'), '-D', data, '-U', 'zlt', '-A', 'trust', '-E', 'UTF8', '--no-locale']
    await runCommand([...initdb, '--no-sync'], { cwd: folder.path })
    child = await start()
  } catch (error) {
    folder.remove()
    throw error
  }
  const pids = () => (child.isAlive ? [child.pid, ...childPids(child.pid)] : [])
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // Ended since it was listed.
      }
    }
  }
  return {
    url,
    pids,
    async kill(signal = 'SIGKILL') {
      if (signal !== 'SIGKILL') return child.end(signal)
      const all = pids()
      signalAll(signal)
      await child.end(signal)
      // Its children go after it; until then a new one refuses their shared memory.
      await until(() => !runningProcesses().some(({ pid }) => all.includes(pid)), 'no process of Postgres is left')
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    async restart() {
      signalAll('SIGCONT')
      await child.end()
      child = await start()
    },
    async stop() {
      signalAll('SIGCONT')
      await child.end()
      folder.remove()
    },
  }
}

/** What to put before a command so that root runs it as another user; gives that user the data folder. */
async function otherUser(path: string, data: string): Promise<string[]> {
  mkdirSync(data)
  if (process.getuid?.() !== 0) return []
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number(await runCommand(['id', flag, 'postgres'], { cwd: path }))),
  )
  chmodSync(path, 0o755)
  chownSync(data, uid as number, gid as number)
  return ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--']
}

async function query(url: string): Promise<void> {
  const client = new SQL(url, { max: 1, connectionTimeout: 2 })
  try {
    await client`SELECT 1`
  } finally {
    await client.close()
  }
}
