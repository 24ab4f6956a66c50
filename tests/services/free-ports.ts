import { createServer, type Server } from 'node:net'

/** Loopback ports that nobody listens on, all different. Free when asked: another process may take one before its use. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(Array.from({ length: count }, listen))
  const ports = listeners.map((listener) => (listener.address() as { port: number }).port)
  await Promise.all(listeners.map((listener) => new Promise((closed) => listener.close(closed))))
  return ports
}

function listen(): Promise<Server> {
  return new Promise((listening, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => listening(server))
  })
}
