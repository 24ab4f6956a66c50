/** The address before a cluster: which processes may be given a new request, by what their readiness said last. */

import type { RoleProcess } from './role-process.ts'

const PROBE_MS = 250
const PROBE_TIMEOUT_MS = 1_000

export class Balancer {
  readonly #out = new Set<RoleProcess>()
  readonly #probing = new Set<RoleProcess>()
  #timer: Timer | undefined
  #turn = 0

  constructor(private readonly cluster: { ingests: readonly RoleProcess[]; fanouts: readonly RoleProcess[] }) {}

  start(): void {
    this.#timer = setInterval(() => {
      for (const one of [...this.cluster.ingests, ...this.cluster.fanouts]) void this.#probe(one)
    }, PROBE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The processes of a role that take requests; all of them where none is known to. */
  #inService(processes: readonly RoleProcess[]): readonly RoleProcess[] {
    const inService = processes.filter((one) => !this.#out.has(one))
    return inService.length > 0 ? inService : processes
  }

  /** The next fan-out process, in turn. */
  fanout(): RoleProcess {
    return this.#next(this.#inService(this.cluster.fanouts))
  }

  ingest(): RoleProcess {
    return this.#next(this.#inService(this.cluster.ingests))
  }

  #next(processes: readonly RoleProcess[]): RoleProcess {
    this.#turn += 1
    return processes[this.#turn % processes.length] as RoleProcess
  }

  async #probe(one: RoleProcess): Promise<void> {
    if (this.#probing.has(one)) return
    this.#probing.add(one)
    try {
      await one.expectReady(PROBE_TIMEOUT_MS)
      this.#out.delete(one)
    } catch {
      this.#out.add(one)
    } finally {
      this.#probing.delete(one)
    }
  }
}
