/**
 * Runs compose.yaml without an engine: each service as a process of this machine, with the variables, arguments, order of
 * starting and health checks of the file. What an engine gives them instead (addresses, folders, secrets) is replaced.
 */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../services/child.ts'
import { freePorts } from '../services/free-ports.ts'
import { startKafka } from '../services/kafka.ts'
import { startPostgres } from '../services/postgres.ts'
import { startRedis } from '../services/redis.ts'
import { builtExecutable } from '../support/executable.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { addressOf, type ComposeFile, type ComposeService, ROOT, readComposeFile } from './compose-file.ts'
import { startNginx } from './nginx.ts'

/** Kafka's settings that say where it is; a node of the tests has its own. */
const KAFKA_PLACE =
  /^(node\.id|process\.roles|.*listeners?|.*listener\..*|controller\.quorum\.voters|log\.dirs|heap\.opts)$/

export interface RunningStack {
  /** The address in front of everything. */
  url: string
  adminPassword: string
  /** The process of a node, to be ended or started again. */
  node(name: string): StackNode
  close(): Promise<void>
}

export interface StackNode {
  url: string
  stop(): Promise<number>
  /** As a machine that goes down: nothing is said to anybody. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Starts all of it. @param more variables for every node, besides those of the file */
export async function runCompose(more: Record<string, string> = {}): Promise<RunningStack> {
  const file = readComposeFile()
  const folder = tempFolder()
  const closers: (() => unknown)[] = [() => folder.remove()]
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    const [kafka, redis, postgres, executable] = await Promise.all([
      startKafka({ properties: kafkaProperties(file.services.kafka as ComposeService) }),
      startRedis({ config: redisConfig(file.services.redis as ComposeService) }),
      startPostgres(),
      builtExecutable(),
    ])
    closers.push(() => Promise.all([kafka.stop(), redis.stop(), postgres.stop()]))
    cpSync(join(ROOT, 'deploy/make-secrets.sh'), folder.file('make-secrets.sh'))
    Bun.spawnSync(['sh', folder.file('make-secrets.sh')])
    writeFileSync(folder.file('secrets/database_url'), postgres.url)

    const names = Object.keys(file.services).filter((name) => file.services[name]?.image === 'zlt:local')
    const ports = await freePorts(names.length + 1)
    const at = new Map(names.map((name, index) => [name, `127.0.0.1:${ports[index]}`]))
    const proxyPort = ports.at(-1) as number
    const here = replacer(file, at, {
      'kafka:9092': kafka.brokers[0] as string,
      'redis://redis:6379': redis.url,
      'http://localhost:8080': `http://127.0.0.1:${proxyPort}`,
      '/run/secrets/': `${folder.file('secrets')}/`,
    })
    const nodes = new Map(
      names.map((name) => [
        name,
        stackNode(name, file.services[name] as ComposeService, { at, here, folder, executable, more }),
      ]),
    )
    for (const name of inOrder(file, names)) {
      closers.push(() => nodes.get(name)?.kill())
      await nodes.get(name)?.start()
    }
    const variables = Object.entries(file.services.proxy?.environment ?? {}).map(([k, v]) => [k, here(String(v))])
    const {
      LISTEN: _,
      ACCESS_LOG: _a,
      ERROR_LOG: _e,
      ...values
    } = Object.fromEntries(variables) as Record<string, string>
    const proxy = await startNginx(
      { auth: '', ingest: '', fanout: [] },
      { ...values, LISTEN: `127.0.0.1:${proxyPort}` },
    )
    closers.push(() => proxy.close())
    return {
      url: `http://127.0.0.1:${proxyPort}`,
      adminPassword: readFileSync(folder.file('secrets/admin_password'), 'utf8'),
      node(name) {
        const found = nodes.get(name)
        if (found === undefined) throw new Error(`compose.yaml has no node ${name}`)
        return found
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The image's own rule: `KAFKA_LOG_DIRS` is `log.dirs`. */
function kafkaProperties({ environment = {} }: ComposeService): Record<string, string> {
  const entries = Object.entries(environment)
    .filter(([name]) => name.startsWith('KAFKA_'))
    .map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), String(value)] as const)
  return Object.fromEntries(entries.filter(([name]) => !KAFKA_PLACE.test(name)))
}

/** `redis-server --name value …`. */
function redisConfig({ command = [] }: ComposeService): Record<string, string> {
  const [program, ...rest] = command
  if (program !== 'redis-server') throw new Error('the command of redis is another')
  const config: Record<string, string> = {}
  for (let i = 0; i < rest.length; i += 2) config[String(rest[i]).replace('--', '')] = String(rest[i + 1])
  return config
}

/** Replaces names and addresses of the inner network by those here. */
function replacer(file: ComposeFile, at: ReadonlyMap<string, string>, more: Record<string, string>) {
  const pairs = Object.entries(more)
  for (const [name, address] of at) {
    pairs.push([`${name}:8080`, address], [`${addressOf(file.services[name] as ComposeService)}:8080`, address])
  }
  // Nothing here has an address of its own to come from.
  pairs.push([addressOf(file.services.proxy as ComposeService) ?? '', '127.0.0.1'])
  return (text: string) => pairs.reduce((changed, [from, to]) => changed.replaceAll(from, to), text)
}

/** Those first that others wait for. */
function inOrder(file: ComposeFile, names: readonly string[]): string[] {
  const ordered: string[] = []
  const add = (name: string) => {
    for (const needed of Object.keys(file.services[name]?.depends_on ?? {})) if (names.includes(needed)) add(needed)
    if (!ordered.includes(name)) ordered.push(name)
  }
  for (const name of names) add(name)
  return ordered
}

interface Place {
  at: ReadonlyMap<string, string>
  here(text: string): string
  folder: { file(name: string): string }
  executable: string
  more: Record<string, string>
}

function stackNode(name: string, service: ComposeService, { at, here, folder, executable, more }: Place): StackNode {
  const address = at.get(name) as string
  const [host = '', port = ''] = address.split(':')
  const data = folder.file(name)
  mkdirSync(data)
  const given = Object.entries(service.environment ?? {}).map(([key, value]) => [key, here(String(value))])
  const env = { ...Object.fromEntries(given), ZLT_HOST: host, ZLT_PORT: port, ZLT_DATA: data, ...more }
  const check = (service.healthcheck?.test ?? []).slice(1).map((word) => word.replace('/8080', `/${port}`))
  let child: Child | undefined
  return {
    url: `http://${address}`,
    async stop() {
      const exited = child?.exited
      await child?.end('SIGTERM')
      return (await exited) ?? -1
    },
    async kill() {
      await child?.end('SIGKILL')
    },
    async start() {
      const started = Child.start([executable, 'serve'], { outputFile: folder.file(`${name}.log`), cwd: data, env })
      child = started
      const isHealthy = async () => {
        if (!started.isAlive) throw new Error(`${name} ended at its start:\n${started.output()}`)
        return (await Bun.spawn(check, { stdout: 'ignore', stderr: 'ignore' }).exited) === 0
      }
      await until(isHealthy, `${name} is healthy`, 30_000).catch((error) => {
        throw new Error(`${error.message}\n${started.output()}`)
      })
    },
  }
}
