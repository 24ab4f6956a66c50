/**
 * Posts JSON over as many keep-alive connections as there are requests under way.
 *
 * Bun's `fetch` carries 256 requests at a time and queues the rest, by a limit that can be set only before the program
 * starts. A queue on our side would make the load wait for the server, which is what this tool must not do.
 */

import { type HttpAnswer, parseAnswer } from './http-answer'

/** A request without an answer for so long is given up. */
const ANSWER_TIMEOUT_S = 30
/** Beyond these, requests do wait: a process has only so many descriptors. */
const MAX_CONNECTIONS = 8_000

interface Pending {
  request: Buffer
  resolve(answer: HttpAnswer): void
  reject(error: Error): void
}

export class PostPool {
  readonly #hostname: string
  readonly #port: number
  readonly #isTls: boolean
  readonly #head: string
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: Pending[] = []
  #connecting = 0
  #closed = false

  /** @param url the resource that everything is posted to */
  constructor(url: string) {
    const { protocol, hostname, host, port, pathname } = new URL(url)
    this.#isTls = protocol === 'https:'
    this.#hostname = hostname.replace(/^\[|\]$/g, '')
    this.#port = Number(port) || (this.#isTls ? 443 : 80)
    this.#head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: zlt-simulate\r\nContent-Type: application/json\r\n`
  }

  /** Connections that are open. */
  get size(): number {
    return this.#all.size
  }

  /** Posts one body; `authorization` is the header's value. Rejects when the connection breaks or nothing is answered. */
  post(authorization: string, body: string): Promise<HttpAnswer> {
    const bytes = Buffer.byteLength(body)
    const request = Buffer.from(
      `${this.#head}Authorization: ${authorization}\r\nContent-Length: ${bytes}\r\n\r\n${body}`,
    )
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the pool is closed'))
      const pending = { request, resolve, reject }
      const connection = this.#idle.pop()
      if (connection !== undefined) return connection.send(pending)
      this.#waiting.push(pending)
      if (this.#all.size + this.#connecting < MAX_CONNECTIONS) void this.#connect()
    })
  }

  /** Ends all connections; what is under way is rejected. */
  close(): void {
    this.#closed = true
    for (const pending of this.#waiting.splice(0)) pending.reject(new Error('the pool is closed'))
    for (const connection of this.#all) connection.end(new Error('the pool is closed'))
  }

  async #connect(): Promise<void> {
    this.#connecting += 1
    const connection = new Connection({
      free: (one) => this.#free(one),
      gone: (one) => this.#gone(one),
    })
    try {
      const socket = await Bun.connect({
        hostname: this.#hostname,
        port: this.#port,
        ...(this.#isTls && { tls: { serverName: this.#hostname } }),
        socket: connection.handlers(),
      })
      this.#connecting -= 1
      if (this.#closed) {
        socket.end()
        return
      }
      this.#all.add(connection)
      connection.open(socket)
      this.#free(connection)
    } catch (cause) {
      this.#connecting -= 1
      const error = cause instanceof Error ? cause : new Error(String(cause))
      this.#waiting.shift()?.reject(error)
    }
  }

  #free(connection: Connection): void {
    const pending = this.#waiting.shift()
    if (pending !== undefined) connection.send(pending)
    else this.#idle.push(connection)
  }

  #gone(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    // Whoever waited for this connection needs another.
    if (this.#waiting.length > this.#connecting && !this.#closed) void this.#connect()
  }
}

/** One connection: carries one request at a time. */
class Connection {
  #socket: Bun.Socket<undefined> | undefined
  #pending: Pending | undefined
  #unsent: Buffer | undefined
  #received: Buffer | undefined
  readonly #owner: { free(connection: Connection): void; gone(connection: Connection): void }
  #ended = false

  constructor(owner: { free(connection: Connection): void; gone(connection: Connection): void }) {
    this.#owner = owner
  }

  handlers(): Bun.SocketHandler<undefined> {
    return {
      data: (_, chunk) => this.#take(chunk),
      drain: () => this.#flush(),
      close: () => this.#closed(),
      error: (_, error) => this.end(error),
      timeout: () => this.end(new Error(`no answer for ${ANSWER_TIMEOUT_S} s`)),
    }
  }

  open(socket: Bun.Socket<undefined>): void {
    this.#socket = socket
  }

  send(pending: Pending): void {
    this.#pending = pending
    this.#unsent = pending.request
    this.#socket?.timeout(ANSWER_TIMEOUT_S)
    this.#flush()
  }

  /** Gives the connection up. */
  end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    const pending = this.#pending
    this.#pending = undefined
    this.#socket?.end()
    this.#owner.gone(this)
    pending?.reject(error)
  }

  #flush(): void {
    if (this.#unsent === undefined || this.#socket === undefined) return
    const written = this.#socket.write(this.#unsent)
    if (written < 0) this.end(new Error('the connection is closed'))
    else this.#unsent = written < this.#unsent.length ? this.#unsent.subarray(written) : undefined
  }

  #take(chunk: Buffer): void {
    // The chunk's memory is the runtime's again after this call, so what is kept is copied.
    const bytes = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk])
    try {
      const parsed = parseAnswer(bytes)
      if (parsed.kind === 'answer') this.#finish(parsed.answer)
      else this.#received = Buffer.from(bytes)
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #finish(answer: HttpAnswer): void {
    const pending = this.#pending
    this.#pending = undefined
    this.#received = undefined
    if (pending === undefined) {
      this.end(new Error('an answer that nobody asked for'))
      return
    }
    // An idle connection may wait as long as it likes.
    this.#socket?.timeout(0)
    if (answer.keepAlive) this.#owner.free(this)
    else this.end(new Error('the server closed the connection'))
    pending.resolve(answer)
  }

  #closed(): void {
    const parsed = this.#received && parseAnswer(this.#received)
    if (parsed?.kind === 'untilClose' && this.#received !== undefined) {
      const body = this.#received.toString('utf8', parsed.bodyAt)
      this.#finish({ status: parsed.status, body, keepAlive: false })
    } else this.end(new Error('the connection was closed before an answer'))
  }
}
