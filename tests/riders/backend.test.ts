import { afterAll, describe, expect, test } from 'bun:test'
import { forEachBounded, openBackend, RefusedError, readProblem, UnreachableError } from '../../cli/riders/backend'
import { selfCommand } from '../../cli/riders/own-server'
import { retryAfterMs } from '../../cli/simulate/viewer'

let answers: Response[] = []
const asked: string[] = []
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    asked.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`)
    return answers.shift() ?? Response.json({})
  },
})
afterAll(() => server.stop(true))
const backend = openBackend(server.url.origin, 'token')

describe('openBackend', () => {
  test('a full server is asked again, with the same words', async () => {
    asked.length = 0
    answers = [new Response('', { status: 503 }), Response.json({}, { status: 201 })]
    await backend.createOrder('o1', { vehicle: 'car' })
    expect(asked).toEqual(Array(2).fill('POST /orders {"id":"o1","vehicle":"car"}'))
  })

  test('a refusal says its code and is not repeated', async () => {
    asked.length = 0
    answers = [Response.json({ code: 'illegal_transition', detail: 'delivered' }, { status: 409 })]
    const error = await backend.setStatus('o1', 'delivered').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RefusedError)
    expect(error).toMatchObject({ status: 409, code: 'illegal_transition' })
    expect(asked).toHaveLength(1)
  })

  test('a token is what the answer holds', async () => {
    answers = [Response.json({ access_token: 'jwt' }, { status: 201 })]
    expect(await backend.mintOrderToken({ orderId: 'o1', role: 'CUSTOMER', sub: 'c1' }, 60)).toBe('jwt')
  })

  test('nobody there is told as that', async () => {
    const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    const { port } = listener
    listener.stop(true)
    await expect(openBackend(`http://127.0.0.1:${port}`, 't').forgetOrder('o1')).rejects.toBeInstanceOf(
      UnreachableError,
    )
  })
})

test('readProblem takes problem documents and survives anything else', () => {
  expect(readProblem('{"code":"x","detail":"y"}')).toEqual({ code: 'x', detail: 'y' })
  for (const text of ['<html>', 'null', '[]', '']) expect(readProblem(text).code).toBe('unknown')
})

describe('forEachBounded', () => {
  test('does all, never more than the limit at a time', async () => {
    let underWay = 0
    let most = 0
    const done: number[] = []
    await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      underWay += 1
      most = Math.max(most, underWay)
      await Bun.sleep(1)
      underWay -= 1
      done.push(item)
    })
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(most).toBe(3)
  })

  test('after a failure starts no more, and throws when those under way have ended', async () => {
    const ended: number[] = []
    const work = async (item: number) => {
      if (item === 1) throw new Error('no')
      await Bun.sleep(5)
      ended.push(item)
    }
    await expect(forEachBounded([1, 2, 3, 4], 2, work)).rejects.toThrow('no')
    expect(ended).toEqual([2])
  })
})

test('the program starts itself again: compiled by its own name, from source by the entry', () => {
  expect(selfCommand('/$bunfs/root/zlt')).toEqual([process.execPath])
  expect(selfCommand('B:\\~BUN\\root\\zlt.exe')).toEqual([process.execPath])
  expect(selfCommand('/somewhere/cli/main.ts')[1]).toEndWith('/cli/main.ts')
})

test('the wait that a restarting server asks for is read from its reason', () => {
  expect(retryAfterMs('{"retry_after_ms":740}')).toBe(740)
  expect(retryAfterMs('retry_after_ms=1500')).toBe(1500)
  expect(retryAfterMs('going away')).toBeUndefined()
})
