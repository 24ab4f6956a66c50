/** Nodes of different roles in one process: they share one log, as they would Kafka, and a post, as they would Redis. */

import { mkdirSync } from 'node:fs'
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts'
import { openLogFile } from '../../src/adapters/embedded/log-file.ts'
import { EmbeddedSnapshots } from '../../src/adapters/embedded/snapshots.ts'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys } from '../../src/auth/signing-keys.ts'
import { type Config, configOf } from '../../src/config.ts'
import type { Role } from '../../src/domain/audience.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Mail } from '../../src/ports/mail.ts'
import { type RunningServer, startNode } from '../../src/roles/node.ts'
import { createCore } from '../../src/server.ts'
import { MemoryPost } from '../contract/memory-mail.ts'
import { ADMIN_PASSWORD, type Answer, type CallOptions, type TokenOptions } from './server.ts'
import { tempFolder } from './temp-folder.ts'

export interface RoleNode {
  readonly url: string
  /** What went wrong in the background, by stage. */
  failures(): Promise<string[]>
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  token(role: Role, sub: string, options?: TokenOptions): Promise<string>
  /** As SIGTERM does. */
  close(): Promise<void>
}

/** Changes to what a node is given. */
export interface NodeOptions {
  /** The name of its data folder: a node that starts again under it finds what it kept. */
  name?: string
  settings?: Partial<Config>
  /** How long it serves on when it goes; not at all unless given. */
  lingerMs?: number
  log?: (shared: Log) => Partial<Log>
  mail?: (mail: Mail) => Partial<Mail>
}

export interface Cluster {
  start(role: 'auth' | 'ingest' | 'fanout', options?: NodeOptions): Promise<RoleNode>
  /** Makes the file of signing keys before any auth node does; gives its path. */
  makeKeys(): Promise<string>
  close(): Promise<void>
}

/** Nothing runs yet; an auth node is the first that others need. */
export function openCluster(): Cluster {
  const folder = tempFolder()
  const onError = (error: unknown) => {
    throw error
  }
  const file = openLogFile(folder.file('log.db'), 'normal', onError)
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  const snapshots = new EmbeddedSnapshots(file.db)
  const post = new MemoryPost()
  const running = new Set<RunningServer>()
  let authUrl: string | undefined
  let count = 0

  async function start(role: 'auth' | 'ingest' | 'fanout', options: NodeOptions = {}): Promise<RoleNode> {
    const data = folder.file(options.name ?? `${role}-${++count}`)
    mkdirSync(data, { recursive: true })
    const config = configOf({
      role,
      data,
      port: 0,
      // Nothing listens there: they only say that there are other nodes.
      brokers: ['127.0.0.1:1'],
      redis: 'redis://127.0.0.1:1',
      signingKeys: folder.file('keys.json'),
      adminPassword: ADMIN_PASSWORD,
      metricsPublic: true,
      logLevel: 'silent',
      ...(role !== 'auth' && authUrl !== undefined && { authUrl }),
      ...options.settings,
    })
    const core = createCore(config)
    const mail = post.node()
    const node = await startNode(
      core,
      { path: data, file: (name) => `${data}/${name}` },
      {
        log: changed<Log>(log, options.log?.(log)),
        openFanout: async () => ({ mail: changed<Mail>(mail, options.mail?.(mail)), snapshots }),
        close: async () => {},
      },
      { lingerMs: options.lingerMs ?? 0 },
    )
    running.add(node)
    if (role === 'auth') authUrl = node.url
    const tell = async (method: string, path: string, { token, body, headers = {} }: CallOptions = {}) => {
      const sent: Record<string, string> = { ...headers }
      if (token !== undefined) sent.authorization = `Bearer ${token}`
      if (body !== undefined) sent['content-type'] = 'application/json'
      const response = await fetch(node.url + path, {
        method,
        headers: sent,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
      const { status, headers: got } = response
      return { status, headers: got, text, body: isJson ? JSON.parse(text) : undefined }
    }
    return {
      url: node.url,
      call: tell,
      async failures() {
        const { text } = await tell('GET', '/metrics')
        return [...text.matchAll(/^zlt_background_errors_total\{stage="(\w+)"\}/gm)].map(([, stage]) => stage as string)
      },
      async token(who, sub, { orders, ttlS = 900 } = {}) {
        const keys = await openSigningKeys(folder.file('keys.json'), { create: false })
        return mintToken(keys, { role: who, sub, ttlS, issuer: 'zlt', ...(orders && { orders }) }, Date.now())
      },
      async close() {
        await node.close()
        running.delete(node)
      },
    }
  }

  return {
    start,
    async makeKeys() {
      await openSigningKeys(folder.file('keys.json'), { create: true })
      return folder.file('keys.json')
    },
    async close() {
      for (const node of running) await node.close()
      await log.close()
      file.close()
      folder.remove()
    },
  }
}

/** The port with some of its methods replaced; the others are called on what they belong to. */
function changed<Port extends object>(port: Port, changes: Partial<Port> = {}): Port {
  return new Proxy(port, {
    get(target, name) {
      if (name in changes) return changes[name as keyof Port]
      const value = target[name as keyof Port]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
