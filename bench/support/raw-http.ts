/** A keep-alive HTTP/1.1 client over bare TCP: cheap enough that on two cores the server is what is busy. */

import type { Socket } from 'bun'

/** What a connection sends next; undefined when it shall rest. */
export type NextRequest = () => string | undefined
/** Told of each answer in the order of the requests. */
export type OnAnswer = (status: number) => void

/** One connection with one request under way at most. */
export class RawConnection {
  #socket: Socket | undefined
  #text = ''
  #onAnswer: OnAnswer = () => {}

  /** @throws when nobody listens */
  static async open(host: string, port: number): Promise<RawConnection> {
    const connection = new RawConnection()
    connection.#socket = await Bun.connect({
      hostname: host,
      port,
      socket: {
        data: (_socket, bytes) => connection.#take(bytes),
        error: (_socket, error) => console.error(error),
      },
    })
    return connection
  }

  /** Sends a whole request; `onAnswer` is called once, when its answer is complete. */
  send(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer
    const socket = this.#socket as Socket
    const written = socket.write(request)
    // Requests are far smaller than a socket's buffer, and only one is under way.
    if (written < request.length) throw new Error(`only ${written} of ${request.length} bytes were taken`)
  }

  close(): void {
    this.#socket?.end()
  }

  #take(bytes: Buffer): void {
    this.#text += bytes.toString('latin1')
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = /content-length: (\d+)/i.exec(this.#text)?.[1] ?? '0'
    if (this.#text.length < headEnd + 4 + Number(length)) return
    const status = Number(this.#text.slice(9, 12))
    if (status >= 400) console.error(this.#text)
    this.#text = ''
    this.#onAnswer(status)
  }
}

/** Several connections that are used in turn. */
export class ConnectionPool {
  readonly #connections: RawConnection[]

  private constructor(connections: RawConnection[]) {
    this.#connections = connections
  }

  /** Open it for each round: a server closes a connection that rests for 10 s. */
  static async open({ host, port }: { host: string; port: number }, count: number): Promise<ConnectionPool> {
    return new ConnectionPool(await Promise.all(Array.from({ length: count }, () => RawConnection.open(host, port))))
  }

  /**
   * Closed loop: every connection sends its next request when its last was answered, until `next` has no more.
   * @returns how many were answered 202
   */
  run(next: NextRequest): Promise<number> {
    return new Promise((resolve) => {
      let accepted = 0
      let working = this.#connections.length
      const step = (connection: RawConnection) => {
        const request = next()
        if (request !== undefined) {
          connection.send(request, (status) => {
            if (status === 202) accepted += 1
            step(connection)
          })
          return
        }
        working -= 1
        if (working === 0) resolve(accepted)
      }
      for (const connection of this.#connections) step(connection)
    })
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}
