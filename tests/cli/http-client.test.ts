import { afterAll, describe, expect, test } from 'bun:test'
import { type Fault, ZltError } from '../../src/errors'
import { problemResponse } from '../../src/http/problem'
import { emptyFolder, runZlt } from './run-zlt'

/** What the next request is answered with, and what was asked. */
let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 500 })
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => answer(request) })
const url = `http://127.0.0.1:${server.port}`
const env = { ZLT_URL: url, ZLT_TOKEN: 'a.b.c' }
afterAll(() => server.stop(true))

describe('an answer that is an error', () => {
  test('is told as a sentence with its code, what is wrong where, and what is allowed', async () => {
    const faults: Fault[] = [
      { pointer: '/drop/lat', code: 'out_of_range', detail: 'at most 90' },
      { pointer: '/vehicle', code: 'wrong_type', detail: 'expected string' },
    ]
    answer = () => problemResponse(new ZltError('invalid_body', '/drop/lat: at most 90', { faults }), 't1')
    const invalid = await runZlt(['order', 'create'], { env })
    expect(invalid).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: The body does not have the expected form: /drop/lat: at most 90 (invalid_body)\n' +
        '  /drop/lat: at most 90 (out_of_range)\n' +
        '  /vehicle: expected string (wrong_type)\n',
    })
    const members = { allowed: ['picked_up', 'cancelled'] }
    answer = () => problemResponse(new ZltError('illegal_transition', 'the order is assigned', { members }), 't1')
    const illegal = await runZlt(['order', 'status', 'o1', 'delivered'], { env })
    expect(illegal.stderr).toContain('(illegal_transition)\n  allowed: picked_up, cancelled\n')
  })

  test('of a token says what to do about it', async () => {
    answer = () => problemResponse(new ZltError('token_expired', 'the token ended 5 s ago'), 't1')
    expect((await runZlt(['user', 'list'], { env })).stderr).toContain('ZLT_TOKEN is not good here: get a new one')
  })

  test('of the server’s own names the trace', async () => {
    answer = () => problemResponse(new Error('boom'), 'trace7')
    const { code, stderr } = await runZlt(['user', 'list'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('trace_id trace7')
  })

  test('from something that is not zlt is told as that', async () => {
    answer = () => new Response('<html>', { headers: { 'content-type': 'text/html' } })
    const html = await runZlt(['order', 'list'], { env })
    expect(html.code).toBe(1)
    expect(html.stderr).toContain('answered 200 with text/html\n  this is not zlt’s API')
    answer = () => Response.redirect('https://elsewhere.example/', 301)
    expect((await runZlt(['order', 'list'], { env })).stderr).toContain('it points to https://elsewhere.example/')
  })
})

describe('no answer', () => {
  test('exits 3 and says what to do', async () => {
    const closed = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
    const gone = `http://127.0.0.1:${closed.port}`
    await closed.stop(true)
    const { code, stdout, stderr } = await runZlt(['order', 'list', '--url', gone], { env })
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toBe(
      `error: no answer from ${gone}: connection refused\n  start a server with zlt serve, or name one with --url\n`,
    )
  })

  test('and no token either: exits 3 and names both ways to one', async () => {
    const { code, stderr } = await runZlt(['order', 'list'])
    expect(code).toBe(3)
    expect(stderr).toContain('name its folder with --data, or set ZLT_TOKEN')
  })

  test('with the database in Postgres no token is made up', async () => {
    const { code, stderr } = await runZlt(['user', 'list', '--database', 'postgres://db/zlt'])
    expect(code).toBe(1)
    expect(stderr).toContain('since the database is Postgres')
  })
})

describe('what is sent and shown', () => {
  const user = { username: 'x', role: 'CUSTOMER', disabled: false, created_at_ms: 1_760_000_000_000 }

  test('a list is read over all its pages and printed aligned, with no control characters', async () => {
    answer = (request) => {
      const { searchParams, pathname } = new URL(request.url)
      if (pathname !== '/users' || request.headers.get('authorization') !== 'Bearer a.b.c') return new Response('no')
      return searchParams.get('cursor') === '2'
        ? Response.json({ items: [{ ...user, id: 'dp1', username: 'Zoë\u001b[2J', disabled: true }] })
        : Response.json({ items: [{ ...user, id: 'customer-77', username: '料理' }], next_cursor: '2' })
    }
    const { code, stdout, stderr } = await runZlt(['user', 'list'], { env })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      'ID           USERNAME  ROLE      STATE     CREATED',
      'customer-77  料理      CUSTOMER  active    2025-10-09T08:53:20Z',
      'dp1          Zoë·[2J   CUSTOMER  disabled  2025-10-09T08:53:20Z',
      '',
    ])
    const json = await runZlt(['user', 'list', '--json'], { env })
    expect(JSON.parse(json.stdout)).toHaveLength(2)
  })

  test('an order is created from its options, and a change not yet published is told', async () => {
    let sent: unknown
    const order = { id: 'o1', rev: 1, status: 'created', timeline: [], assignment: 0, visible: false, stops_before: 0 }
    answer = async (request) => {
      sent = [request.method, new URL(request.url).pathname, await request.json()]
      return Response.json({ ...order, published: false }, { status: 202 })
    }
    const args = ['order', 'create', '--id', 'o1', '--customer', 'c1', '--drop', '12.97,77.59,Home', '--vehicle', 'van']
    const { code, stdout, stderr } = await runZlt(args, { env })
    expect(sent).toEqual([
      'POST',
      '/orders',
      { id: 'o1', customer_id: 'c1', drop: { lat: 12.97, lng: 77.59, name: 'Home' }, vehicle: 'van' },
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('o1')
    expect(stderr).toBe('stored, but not yet known to all nodes\n')
  })

  test('forgetting has no body to show', async () => {
    answer = () => new Response(null, { status: 204 })
    expect(await runZlt(['order', 'forget', 'o1'], { env })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'o1 is forgotten\n',
    })
    const json = await runZlt(['order', 'forget', 'o1', '--json'], { env })
    expect(JSON.parse(json.stdout)).toEqual({ id: 'o1', forgotten: true })
  })

  test('a user is found by its name when the id is another', async () => {
    const asked: string[] = []
    answer = (request) => {
      const { pathname } = new URL(request.url)
      asked.push(`${request.method} ${pathname}`)
      if (request.method === 'PATCH') return Response.json({ ...user, id: 'u9', username: 'alice' })
      if (pathname === '/users') return Response.json({ items: [{ ...user, id: 'u9', username: 'alice' }] })
      return problemResponse(new ZltError('user_not_found', 'no user alice'), 't1')
    }
    expect((await runZlt(['user', 'disable', 'alice'], { env })).code).toBe(0)
    expect(asked).toEqual(['GET /users/alice', 'GET /users', 'PATCH /users/u9'])
    expect((await runZlt(['user', 'enable', 'bob'], { env })).stderr).toContain('no user has the id or username bob')
  })
})

describe('passwords', () => {
  let sent: { password?: string } = {}
  const user = { id: 'u1', username: 'alice', role: 'ADMIN', disabled: false, created_at_ms: 1_760_000_000_000 }
  const takeUser = async (request: Request) => {
    sent = (await request.json()) as typeof sent
    return Response.json(user, { status: 201 })
  }
  const create = ['user', 'create', 'alice', '--role', 'ADMIN']

  test('come from standard input, without the line’s end', async () => {
    answer = takeUser
    expect((await runZlt([...create, '--password-stdin'], { env, stdin: 'correct horse \n' })).code).toBe(0)
    expect(sent.password).toBe('correct horse ')
  })

  test('are not waited for where nobody can type one', async () => {
    const { code, stderr } = await runZlt(create, { env })
    expect(code).toBe(2)
    expect(stderr).toContain('--password-stdin')
  })

  /** Types the keys, each when the prompt for it has come, on a terminal of its own. */
  async function type(prompts: readonly (readonly [prompt: string, keys: string])[]) {
    const folder = emptyFolder()
    let screen = ''
    let seen = 0
    const waiting = [...prompts]
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/../../cli/main.ts`, ...create], {
      cwd: folder.path,
      env: { PATH: process.env.PATH ?? '', ...env },
      terminal: {
        cols: 100,
        rows: 30,
        data(terminal, chunk) {
          screen += new TextDecoder().decode(chunk)
          const [next] = waiting
          if (next === undefined || !screen.slice(seen).includes(next[0])) return
          seen = screen.length
          waiting.shift()
          terminal.write(next[1])
        },
      },
    })
    const code = await child.exited
    folder.remove()
    return { code, screen }
  }

  test('are asked for twice on a terminal, and never shown', async () => {
    answer = takeUser
    const { code, screen } = await type([
      ['Password: ', 'hush-husg\u007fh\r'],
      ['Again: ', 'hush-hush\r'],
    ])
    expect([code, sent.password]).toEqual([0, 'hush-hush'])
    expect(screen).not.toContain('hus')
    const differ = await type([
      ['Password: ', 'one\r'],
      ['Again: ', 'two\r'],
    ])
    expect(differ.code).toBe(1)
    expect(differ.screen).toContain('the two passwords differ')
  })

  test('Ctrl-C at the prompt exits 130', async () => {
    expect((await type([['Password: ', 'hu\u0003']])).code).toBe(130)
  })
})
