/** The compiled server on one folder and one port, so that what is killed comes back where it was. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../cli/riders/own-server.ts'
import { builtExecutable, type Serving, startExecutable } from '../support/executable.ts'
import { readMetrics, rssMb } from './process-readings.ts'

export class ServerUnderTest {
  #serving: Serving | undefined

  private constructor(
    private readonly executable: string,
    readonly dataFolder: string,
    private readonly port: number,
  ) {}

  /** Builds the program and chooses a port; nothing runs yet. */
  static async make(dataFolder: string): Promise<ServerUnderTest> {
    return new ServerUnderTest(await builtExecutable(), dataFolder, await freePort())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#running.process.pid
  }

  /** Whether the process is there: a crash is the end of it. */
  get isAlive(): boolean {
    return this.#serving?.process.exitCode === null && this.#serving.process.signalCode === null
  }

  /** What this start of it has written to standard error. */
  get stderr(): string {
    return this.#running.stderr()
  }

  /** Starts it. @returns the milliseconds from exec to listening @throws Error with its output when it ends instead */
  async start(): Promise<number> {
    const startedMs = performance.now()
    this.#serving = await startExecutable(this.executable, {
      cwd: this.dataFolder,
      args: ['--port', String(this.port), '--data', this.dataFolder],
      env: { ZLT_METRICS_PUBLIC: 'true' },
    })
    return performance.now() - startedMs
  }

  /** Ends it by SIGKILL: it hears nothing of it. */
  async kill(): Promise<void> {
    this.#running.process.kill('SIGKILL')
    await this.#running.process.exited
  }

  /** Ends it by SIGTERM. @returns its exit code */
  stop(): Promise<number> {
    return this.#running.stop()
  }

  /** Resident memory, in MiB. */
  rssMb(): number {
    return rssMb(this.pid)
  }

  /** The write-ahead log of the log's file, in MiB; 0 when there is none. */
  walMb(): number {
    return (statSync(join(this.dataFolder, 'log.db-wal'), { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20
  }

  /** All counters and gauges, by name with label: `zlt_records_dropped_total{code="late"}`. */
  metrics(): Promise<Map<string, number>> {
    return readMetrics(this.url)
  }

  get #running(): Serving {
    if (this.#serving === undefined) throw new Error('the server was never started')
    return this.#serving
  }
}
