import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { CLOSE, ERRORS } from '../../src/errors.ts'
import { codesOf } from '../../src/http/openapi.ts'
import { type Operation, ROUTE_LIST } from '../../src/http/routes.ts'
import { faultsOf, refsOf, resolveRef, type Schema } from '../support/json-schema.ts'
import { type Answer, type CallOptions, eventually, startTestServer, type TestServer } from '../support/server.ts'
import { openViewer } from '../support/viewer.ts'

let server: TestServer
// biome-ignore lint/suspicious/noExplicitAny: a document is looked into everywhere
let openapi: any
// biome-ignore lint/suspicious/noExplicitAny: a document is looked into everywhere
let asyncapi: any
beforeAll(async () => {
  server = await startTestServer()
  openapi = (await server.call('GET', '/openapi.json')).body
  asyncapi = (await server.call('GET', '/asyncapi.json')).body
})
afterAll(() => server.close())

const operationOf = (operation: Operation) => {
  const route = ROUTE_LIST.find((candidate) => candidate.operation === operation)
  return openapi.paths[route?.path.replaceAll(/:(\w+)/g, '{$1}') ?? ''][route?.method.toLowerCase() ?? '']
}

describe('the OpenAPI document', () => {
  test('is a 3.1 document with what one must have', () => {
    expect(openapi.openapi).toMatch(/^3\.1\.\d+$/)
    expect(openapi.info).toMatchObject({ title: 'zlt', version: expect.any(String) })
    const operations = Object.values(openapi.paths as Record<string, Schema>).flatMap((path) => Object.values(path))
    const ids = (operations as Schema[]).map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const operation of operations as { responses: Record<string, Schema> }[]) {
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/)
        expect(typeof response.description).toBe('string')
      }
    }
    for (const [path, item] of Object.entries(openapi.paths as Record<string, Record<string, Schema>>)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
      for (const { parameters = [] } of Object.values(item) as { parameters?: { name: string; in: string }[] }[]) {
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
        expect([path, inPath]).toEqual([path, named])
      }
    }
  })

  test('every reference points to something', () => {
    const refs = refsOf(openapi)
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) expect(() => resolveRef(openapi, ref)).not.toThrow()
  })

  test('names every route, its roles and all of its codes', () => {
    for (const route of ROUTE_LIST) {
      const operation = operationOf(route.operation)
      expect([route.operation, operation?.['x-roles']]).toEqual([route.operation, route.who])
      expect(operation.security).toEqual(route.who === 'public' ? [] : [{ bearer: [] }])
      for (const status of Object.keys(route.answers)) expect(operation.responses).toHaveProperty(status)
      for (const code of codesOf(route)) {
        expect(operation.responses[ERRORS[code].status].description).toContain(`\`${code}\``)
      }
      expect(operation.requestBody === undefined).toBe(route.body === undefined)
    }
  })
})

describe('real answers are what the document says', () => {
  /** Calls an operation and checks what comes back against the schema of its status. */
  async function call(operation: Operation, id: string, options: CallOptions, status: number): Promise<Answer> {
    const { method, path } = ROUTE_LIST.find((route) => route.operation === operation) ?? {}
    const answer = await server.call(method ?? '', path?.replace(':id', id) ?? '', options)
    expect([operation, answer.status, answer.status === status ? '' : answer.text]).toEqual([operation, status, ''])
    const content = operationOf(operation).responses[status].content
    if (content === undefined) return answer
    const [type = ''] = Object.keys(content)
    expect(answer.headers.get('content-type')).toStartWith(type)
    expect([operation, faultsOf(openapi, content[type].schema, answer.body)]).toEqual([operation, []])
    return answer
  }

  test('of the whole life of an order', async () => {
    const admin = await server.token('ADMIN', 'root')
    const desk = await server.token('INTERNAL_SERVICE', 'desk')
    const rider = await server.token('DELIVERY_PARTNER', 'dp1')
    const customer = await server.token('CUSTOMER', 'c1')
    const order = {
      id: 'o1',
      customer_id: 'c1',
      pickup: { lat: 1, lng: 2 },
      drop: { lat: 1, lng: 2, name: 'Home' },
      stops: [{ lat: 1, lng: 2, kind: 'pickup' }],
      vehicle: 'bicycle',
      route: { polyline: '_p~iF~ps|U_ulLnnqC', precision: 5 },
      promised_ms: 1_800_000_000_000,
    }
    await call('createOrder', '', { token: desk, body: order }, 201)
    await call('createOrder', '', { token: desk, body: order }, 409)
    await call('createOrder', '', { token: desk, body: { id: '', x: 1 } }, 400)
    await call('createOrder', '', { token: customer, body: order }, 403)
    await call('patchOrder', 'o1', { token: desk, body: { vehicle: 'car' } }, 200)
    await call('assignOrder', 'o1', { token: desk, body: { partner_id: 'dp1' } }, 200)
    await call('postLocation', '', { token: rider, body: { lat: 1, lng: 2, order_id: 'o1' } }, 202)
    await call(
      'postLocation',
      '',
      {
        token: rider,
        body: [
          { lat: 1, lng: 2 },
          { lat: 'x', lng: 2 },
        ],
      },
      202,
    )
    await call('postLocation', '', { token: rider, body: { lat: 'x', lng: 2 } }, 400)
    await call('postLocation', '', { token: rider, body: { lat: 1, lng: 2, order_id: 'no' } }, 404)
    await call('postLocation', '', { token: rider, body: 'x'.repeat(300_000) }, 413)
    await call('postLocation', '', { token: rider, body: '{}', headers: { 'content-type': 'text/plain' } }, 415)
    await eventually('a position', async () => (await call('getTrack', 'o1', { token: admin }, 200)).body.position)
    await call('getTrack', 'o1', { token: customer }, 200)
    await call('getTrack', 'no', { token: customer }, 404)
    await call('getTrail', 'o1', { token: admin }, 200)
    await call('getOrder', 'o1', { token: customer }, 200)
    await call('listOrders', '', { token: admin }, 200)
    await call('setOrderStatus', 'o1', { token: rider, body: { status: 'picked_up' } }, 200)
    await call('setOrderStatus', 'o1', { token: rider, body: { status: 'created' } }, 409)
    await call('mintOrderToken', 'o1', { token: desk, body: { role: 'CUSTOMER', sub: 'x' } }, 201)
    await call('setOrderStatus', 'o1', { token: rider, body: { status: 'delivered' } }, 200)
    await call('forgetOrder', 'o1', { token: admin }, 204)
  })

  test('of accounts and operations', async () => {
    const admin = await server.token('ADMIN', 'root')
    const login = { username: 'admin', password: 'correct horse' }
    await call('login', '', { body: login }, 200)
    await call('login', '', { body: { ...login, password: 'wrong' } }, 401)
    await call('getMe', '', { token: admin }, 200)
    await call('getMe', '', {}, 401)
    await call('getJwks', '', {}, 200)
    const user = { id: 'u1', username: 'Rider One', password: 'long enough', role: 'DELIVERY_PARTNER' }
    await call('createUser', '', { token: admin, body: user }, 201)
    await call('createUser', '', { token: admin, body: user }, 409)
    await call('listUsers', '', { token: admin }, 200)
    await call('getUser', 'u1', { token: admin }, 200)
    await call('getUser', 'u2', { token: admin }, 404)
    await call('patchUser', 'u1', { token: admin, body: { disabled: true } }, 200)
    await call('getHealth', '', {}, 200)
    await call('getReady', '', {}, 200)
    await call('getMetrics', '', { token: admin }, 200)
    await call('getSocket', '', { token: admin }, 426)
  })
})

describe('the AsyncAPI document', () => {
  test('is a 3.0 document whose references point to something', () => {
    expect(asyncapi.asyncapi).toBe('3.0.0')
    for (const ref of refsOf(asyncapi)) expect(() => resolveRef(asyncapi, ref)).not.toThrow()
    for (const operation of Object.values(asyncapi.operations) as Schema[]) {
      expect(operation.action).toBeOneOf(['send', 'receive'])
    }
    const addresses = Object.values(asyncapi.channels as Record<string, { address: string }>).map((c) => c.address)
    expect(addresses.sort()).toEqual(['/ws', 'delivery.access.v1', 'delivery.location.v1', 'delivery.order.v1'])
    for (const code of Object.values(CLOSE)) expect(asyncapi.channels.socket.description).toContain(String(code))
  })

  test('real frames are what it says', async () => {
    await server.order('a1', { customer: 'c1', partner: 'dp1', drop: { lat: 1, lng: 2 } })
    const viewer = await openViewer(server, ['a1'])
    await server.post('dp1', { order_id: 'a1', lat: 1, lng: 2, accuracy_m: 5, speed_mps: 3, heading_deg: 90, id: 'f1' })
    await viewer.until('a position', ({ position }) => position !== undefined)
    viewer.send({ type: 'watch', order_id: 'unknown' })
    await viewer.until('the refusal', ({ type }) => type === 'error')
    await server.move('a1', 'cancelled')
    await viewer.closing
    const types = new Set<string>()
    for (const frame of viewer.frames) {
      types.add(frame.type)
      const { payload } = asyncapi.channels.socket.messages[frame.type]
      expect([frame.type, faultsOf(asyncapi, payload, frame)]).toEqual([frame.type, []])
    }
    expect([...types].sort()).toEqual(['end', 'error', 'view'])
  })
})
