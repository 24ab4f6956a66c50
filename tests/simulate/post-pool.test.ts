import { afterEach, expect, test } from 'bun:test'
import { PostPool } from '../../cli/simulate/post-pool'

const open: { stop(closeActive?: boolean): unknown }[] = []
const pools: PostPool[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) pool.close()
  for (const server of open.splice(0)) await server.stop(true)
})

function serve(answer: (request: Request) => Response | Promise<Response>): PostPool {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer })
  open.push(server)
  return poolTo(`${server.url}location`)
}

function poolTo(url: string): PostPool {
  const pool = new PostPool(url)
  pools.push(pool)
  return pool
}

test('posts what it is given and reuses the connection', async () => {
  const pool = serve(async (request) => {
    const { method, url, headers } = request
    const from = [method, new URL(url).pathname, headers.get('content-type'), headers.get('authorization')]
    return Response.json([...from, await request.json()], { status: 202 })
  })
  for (let i = 0; i < 3; i++) {
    const { status, body } = await pool.post('Bearer t', '{"name":"Bäckerei"}')
    expect(status).toBe(202)
    expect(JSON.parse(body)).toEqual(['POST', '/location', 'application/json', 'Bearer t', { name: 'Bäckerei' }])
  }
  expect(pool.size).toBe(1)
})

test('five hundred requests are under way at one time', async () => {
  const release = Promise.withResolvers<void>()
  let underWay = 0
  const pool = serve(async () => {
    underWay += 1
    if (underWay === 500) release.resolve()
    await release.promise
    return new Response('ok')
  })
  const answers = await Promise.all(Array.from({ length: 500 }, () => pool.post('Bearer t', '{}')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
})

test('a large body arrives whole', async () => {
  const pool = serve(async (request) => new Response(String((await request.text()).length)))
  const { body } = await pool.post('Bearer t', JSON.stringify('x'.repeat(4_000_000)))
  expect(body).toBe('4000002')
})

test('a server that hangs up rejects the request, and the next one gets a new connection', async () => {
  let connections = 0
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open() {
        connections += 1
      },
      data(socket) {
        if (connections === 1) socket.end()
        else socket.end('HTTP/1.1 200 OK\r\n\r\nlast words')
      },
    },
  })
  open.push(server)
  const pool = poolTo(`http://127.0.0.1:${server.port}/`)
  await expect(pool.post('Bearer t', '{}')).rejects.toThrow('closed before an answer')
  expect((await pool.post('Bearer t', '{}')).body).toBe('last words')
  expect(connections).toBe(2)
})

test('nobody there is an error, at once', async () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = server
  server.stop(true)
  await expect(poolTo(`http://127.0.0.1:${port}/`).post('Bearer t', '{}')).rejects.toThrow()
})

test('a closed pool rejects what is under way', async () => {
  const never = new Promise<Response>(() => {})
  const pool = serve(() => never)
  const answer = pool.post('Bearer t', '{}')
  setTimeout(() => pool.close(), 20)
  await expect(answer).rejects.toThrow('closed')
})
