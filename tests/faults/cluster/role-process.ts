/** One process of a cluster: a role on a port and a folder of its own, so that what is killed comes back where it was. */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../cli/riders/own-server.ts'
import { processCpuS } from '../../../cli/simulate/cpu.ts'
import { Child } from '../../services/child.ts'
import { readMetrics, rssMb } from '../process-readings.ts'

export type RoleName = 'auth' | 'ingest' | 'fanout'

const READY_MS = 30_000
const TERM_MS = 25_000

export class RoleProcess {
  #child: Child | undefined
  readonly folder: string
  readonly #outputFile: string

  private constructor(
    readonly role: RoleName,
    readonly name: string,
    private readonly command: readonly string[],
    parent: string,
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {
    this.folder = join(parent, name)
    this.#outputFile = join(parent, `${name}.log`)
    mkdirSync(this.folder, { recursive: true })
  }

  /** Chooses a port; nothing runs yet. */
  static async make(
    role: RoleName,
    name: string,
    command: readonly string[],
    parent: string,
    env: Record<string, string>,
  ): Promise<RoleProcess> {
    return new RoleProcess(role, name, command, parent, await freePort(), env)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#running.pid
  }

  get isAlive(): boolean {
    return this.#child?.isAlive === true
  }

  /** All that it has written, over all its starts. */
  output(): string {
    return readFileSync(this.#outputFile, 'utf8')
  }

  /** Starts it and waits until it says that it is ready. @returns the milliseconds that took */
  async start(): Promise<number> {
    const startedMs = performance.now()
    this.#child = Child.start(
      [...this.command, 'serve', '--role', this.role, '--port', String(this.port), '--data', this.folder],
      {
        outputFile: this.#outputFile,
        cwd: this.folder,
        env: { ...this.env, HOME: this.folder, ZLT_NODE_NAME: this.name, ZLT_METRICS_PUBLIC: 'true' },
      },
    )
    await this.#child.answers(this.name, () => this.expectReady(), READY_MS)
    return performance.now() - startedMs
  }

  /** @throws Error unless it is ready now */
  async expectReady(timeoutMs = 1_000): Promise<void> {
    const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
  }

  signal(signal: NodeJS.Signals): void {
    this.#running.signal(signal)
  }

  /** Ends it by SIGKILL. */
  kill(): Promise<void> {
    return this.#running.end('SIGKILL')
  }

  /** Ends it by SIGTERM. @returns its exit code and how long it took */
  async terminate(): Promise<{ code: number | null; tookMs: number }> {
    const startedMs = performance.now()
    this.#running.signal('SIGTERM')
    const late = Bun.sleep(TERM_MS).then(() => null)
    const code = await Promise.race([this.#running.exited, late])
    return { code, tookMs: performance.now() - startedMs }
  }

  /** Seconds of CPU so far. */
  cpuS(): number {
    return processCpuS(this.pid) ?? 0
  }

  /** Resident memory, MiB. */
  rssMb(): number {
    return rssMb(this.pid)
  }

  /** All counters and gauges, by name with label. */
  metrics(): Promise<Map<string, number>> {
    return readMetrics(this.url)
  }

  get #running(): Child {
    if (this.#child === undefined) throw new Error(`${this.name} was never started`)
    return this.#child
  }
}
