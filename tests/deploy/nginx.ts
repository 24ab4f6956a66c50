/** A real nginx with the configuration that the project ships, on a free port of this machine. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNginx } from '../../scripts/find-program.ts'

const template = join(import.meta.dir, '../../deploy/nginx/zlt.conf.template')
const frame = join(import.meta.dir, '../../deploy/nginx/nginx.conf')
const STARTUP_MS = 10_000

export interface ProxyUnderTest {
  url: string
  /** What it has logged of requests: one object a line. */
  accessLog(): Record<string, unknown>[]
  /** All it has logged, of both kinds. */
  logText(): string
  close(): Promise<void>
}

/** The nodes behind the proxy, each as `host:port`. */
export interface Nodes {
  auth: string
  ingest: string
  fanout: readonly string[]
}

/**
 * Fills in a template as the official image does (`envsubst`): only names that are given, everything else stays.
 * @throws Error for a name that the template does not use
 */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  for (const name of Object.keys(values)) if (!text.includes(`\${${name}}`)) throw new Error(`no \${${name}} in it`)
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** Starts nginx. @throws Error when it is not installed, or refuses the configuration */
export async function startNginx(nodes: Nodes, more: Record<string, string> = {}): Promise<ProxyUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'zlt-nginx-'))
  const at = (name: string) => join(folder, name)
  const listen = more.LISTEN ?? `127.0.0.1:${freePort()}`
  const servers = (addresses: readonly string[]) =>
    addresses.map((address) => `server ${address} max_fails=1 fail_timeout=1s;`).join(' ')
  const site = fillIn(readFileSync(template, 'utf8'), {
    LISTEN: listen,
    AUTH_SERVERS: servers([nodes.auth]),
    INGEST_SERVERS: servers([nodes.ingest]),
    FANOUT_SERVERS: servers(nodes.fanout),
    BODY_LIMIT: '256k',
    TRUSTED_PROXY: '192.0.2.1',
    ACCESS_LOG: at('access.log'),
    ERROR_LOG: at('error.log'),
    ...more,
  })
  mkdirSync(at('temp'))
  writeFileSync(at('site.conf'), site)
  writeFileSync(at('nginx.conf'), mainConfig(folder))

  const command = [findNginx() ?? 'nginx', '-e', at('error.log'), '-c', at('nginx.conf')]
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' })
  const url = `http://${listen}`
  const until = Date.now() + STARTUP_MS
  while (!(await answers(url))) {
    if (child.exitCode === null && Date.now() < until) continue
    child.kill()
    const said = await new Response(child.stderr).text()
    rmSync(folder, { recursive: true })
    throw new Error(`nginx does not start: ${said}`)
  }
  const read = (name: string) => readFileSync(at(name), 'utf8')
  return {
    url,
    accessLog: () =>
      read('access.log')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    logText: () => read('access.log') + read('error.log'),
    async close() {
      child.kill('SIGTERM')
      await child.exited
      rmSync(folder, { recursive: true })
    },
  }
}

/** The frame that is shipped, in a folder of its own, and run by whoever runs the tests. */
function mainConfig(folder: string): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`)
    .join('\n')
  const changes: [from: string, to: string][] = [
    // As root, nginx would give its workers to a user who may not read this folder; another user may give them to nobody.
    ['user nginx;', process.getuid?.() === 0 ? 'user root;' : ''],
    ['/run/nginx.pid', `${folder}/nginx.pid`],
    ['/dev/stderr', `${folder}/error.log`],
    ['worker_processes auto;', 'worker_processes 1;'],
    // Raising it takes rights.
    ['worker_rlimit_nofile 65536;', ''],
    ['include /etc/nginx/conf.d/*.conf;', `${temp} include ${folder}/site.conf;`],
  ]
  let text = readFileSync(frame, 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`no ${from} in nginx.conf`)
    text = text.replace(from, to)
  }
  return `daemon off;\n${text}`
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/metrics`)
    return true
  } catch {
    await Bun.sleep(20)
    return false
  }
}

function freePort(): number {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const port = server.port as number
  void server.stop(true)
  return port
}
