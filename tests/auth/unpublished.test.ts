import { expect, test } from 'bun:test'
import { startAuthServer } from '../support/auth-server.ts'
import { until } from '../support/until.ts'

test('while the log takes nothing, writes are stored and say that they are not published; then they are', async () => {
  const server = await startAuthServer()
  const token = await server.token('INTERNAL_SERVICE', 'shop')
  let away = true
  server.testLog.beforePublish = () => {
    if (away) throw new Error('the log is away')
  }
  const startMs = performance.now()
  const created = await server.call('POST', '/orders', { id: 'o1' }, { token })
  expect(created).toMatchObject({ status: 202, body: { id: 'o1', published: false } })
  expect(performance.now() - startMs).toBeLessThan(4_000)
  expect((await server.call('GET', '/orders/o1', undefined, { token })).body).not.toHaveProperty('published')

  expect((await server.call('DELETE', '/orders/o1', undefined, { token })).status).toBe(204)
  const again = await server.call('POST', '/orders', { id: 'o1' }, { token })
  expect(again).toMatchObject({ status: 503, body: { code: 'log_unavailable' } })
  expect(server.failures.length).toBeGreaterThan(0)

  away = false
  await until(async () => (await server.call('POST', '/orders', { id: 'o1' }, { token })).status === 201)
  expect(await server.fact('o1')).toMatchObject({ status: 'created' })
  await server.close()
}, 20_000)
