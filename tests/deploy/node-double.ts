/** A tiny server that says which node of the system it is, for what stands in front of the nodes. */

export interface NodeDouble {
  address: string
  /** What it answers next with instead of its name. */
  answer: ((request: Request) => Response | Promise<Response>) | undefined
  /** Requests it has seen, newest last. */
  seen: Request[]
  close(): Promise<void>
}

/** Starts it; every answer is its name, and a socket's close says the code and reason that the first frame asks for. */
export function startNodeDouble(name: string, port = 0): NodeDouble {
  const double: NodeDouble = { address: '', answer: undefined, seen: [], close: async () => undefined }
  const server = Bun.serve<undefined>({
    hostname: '127.0.0.1',
    port,
    maxRequestBodySize: 2 ** 30,
    async fetch(request, bun) {
      double.seen.push(request)
      if (double.answer !== undefined) return double.answer(request)
      if (request.headers.get('upgrade') === 'websocket') {
        const offered = request.headers.get('sec-websocket-protocol')
        const headers: Record<string, string> = offered === null ? {} : { 'sec-websocket-protocol': 'zlt.v1' }
        if (bun.upgrade(request, { headers, data: undefined })) return new Response()
      }
      const body = await request.arrayBuffer()
      return Response.json({ name, bytes: body.byteLength }, { headers: { 'x-node': name } })
    },
    websocket: {
      open: (socket) => void socket.send(JSON.stringify({ name })),
      message(socket, text) {
        const { code, reason } = JSON.parse(String(text)) as { code: number; reason: string }
        socket.close(code, reason)
      },
    },
  })
  double.address = `127.0.0.1:${server.port}`
  double.close = () => server.stop(true)
  return double
}
