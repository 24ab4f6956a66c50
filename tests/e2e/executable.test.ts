/** The one program, compiled, from a folder that is not its own. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable, type Serving, startExecutable } from '../support/executable'
import { tempFolder } from '../support/temp-folder'
import { until } from '../support/until'

const folder = tempFolder()
const elsewhere = tempFolder()
let zlt: string
let serving: Serving

beforeAll(async () => {
  // A copy away from the sources: what it needs must be in it.
  zlt = join(elsewhere.path, 'zlt')
  copyFileSync(await builtExecutable(), zlt)
  writeFileSync(join(folder.path, '.env'), 'ZLT_ADMIN_PASSWORD=from-dotenv\nZLT_PORT=1\n')
  writeFileSync(join(folder.path, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
  writeFileSync(join(folder.path, 'evil.ts'), 'throw new Error("bunfig.toml was read")\n')
  serving = await startExecutable(zlt, { cwd: folder.path })
})

afterAll(async () => {
  await serving.stop()
  folder.remove()
  elsewhere.remove()
})

async function call(method: string, path: string, token?: string, body?: unknown) {
  const response = await fetch(serving.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

async function logIn(username: string, password: string): Promise<string> {
  const { status, body } = await call('POST', '/auth/login', undefined, { username, password })
  expect(status).toBe(200)
  return body.access_token
}

describe('the executable', () => {
  test('is at most 125 MB and reads no .env or bunfig.toml of the folder it runs in', () => {
    expect(statSync(zlt).size).toBeLessThanOrEqual(125e6)
    expect(new URL(serving.url).port).not.toBe('1')
    expect(serving.stdout()).toMatch(/admin, password: \S+/)
    expect(serving.stdout()).not.toContain('from-dotenv')
  })

  test('the walk: bootstrap, users, log in, order, socket, the seed’s curl, the frame', async () => {
    const password = /password: (\S+)/.exec(serving.stdout())?.[1] as string
    const admin = await logIn('admin', password)
    for (const [id, role] of [
      ['dp1', 'DELIVERY_PARTNER'],
      ['c1', 'CUSTOMER'],
    ]) {
      const made = await call('POST', '/users', admin, { id, username: id, password: 'a good password', role })
      expect(made.status).toBe(201)
    }
    const [rider, customer] = [await logIn('dp1', 'a good password'), await logIn('c1', 'a good password')]
    expect((await call('POST', '/orders', admin, { id: 'order123', customer_id: 'c1' })).status).toBe(201)
    expect((await call('POST', '/orders/order123/assign', admin, { partner_id: 'dp1' })).status).toBe(200)

    const frames: { position?: { lat: number; received_ms: number }; order?: { status: string } }[] = []
    const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/ws?order_id=order123`, [
      'zlt.v1',
      `zlt.bearer.${customer}`,
    ])
    socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)))
    await until(() => frames.length === 1)
    expect(frames[0]?.order?.status).toBe('assigned')

    const curl = Bun.spawn(
      [
        ...['curl', '-s', '-X', 'POST', `${serving.url}/location`, '-H', 'Content-Type: application/json'],
        ...['-H', `Authorization: Bearer ${rider}`],
        ...['-d', '{"partner_id": "dp1", "order_id": "order123", "lat": 12.97, "lng": 77.59}'],
      ],
      { stdout: 'pipe' },
    )
    expect(await new Response(curl.stdout).json()).toMatchObject({ accepted: 1, results: [{ status: 'accepted' }] })
    await until(() => frames.length === 2)
    expect(frames[1]?.position).toMatchObject({ lat: 12.97, lng: 77.59 })
    socket.close()
  })

  test('holds its pages and its map', async () => {
    const page = await fetch(`${serving.url}/t/order123`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    const map = await fetch(`${serving.url}/assets/liechtenstein.pmtiles`, { headers: { range: 'bytes=0-6' } })
    expect([map.status, await map.text()]).toEqual([206, 'PMTiles'])
  })

  test('refuses a data folder that is in use', async () => {
    const second = Bun.spawn([zlt, 'serve', '--port', '0'], { cwd: folder.path, stderr: 'pipe', stdout: 'ignore' })
    expect(await second.exited).toBe(1)
    expect(await new Response(second.stderr).text()).toContain(`in use by another zlt (pid ${serving.process.pid})`)
  })

  test('tells viewers to come back when it is stopped, exits with 0, and goes on where it was', async () => {
    const child = Bun.spawn([zlt, 'token', '--role', 'CUSTOMER', '--sub', 'c1', '--order', 'order123'], {
      cwd: folder.path,
      stdout: 'pipe',
    })
    const token = (await new Response(child.stdout).text()).trim()
    const closed: CloseEvent[] = []
    const open = () => {
      const url = `${serving.url.replace('http', 'ws')}/ws?order_id=order123`
      return new WebSocket(url, ['zlt.v1', `zlt.bearer.${token}`])
    }
    const before = open()
    before.onclose = (event) => closed.push(event)
    await until(() => before.readyState === WebSocket.OPEN)
    expect(await serving.stop()).toBe(0)
    await until(() => closed.length === 1)
    expect(closed[0]?.code).toBe(1012)
    expect(JSON.parse(closed[0]?.reason ?? '').retry_after_ms).toBeGreaterThanOrEqual(100)

    serving = await startExecutable(zlt, { cwd: folder.path })
    const track = await call('GET', '/orders/order123/track', token)
    expect(track.body).toMatchObject({ order: { status: 'assigned' }, position: { lat: 12.97, at: 1 } })
  })

  test('runs the demo and a simulation', async () => {
    const demo = Bun.spawn([zlt, 'demo', '--json', '--duration', '3s'], {
      cwd: folder.path,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const links = (await new Response(demo.stdout).text()).trim().split('\n')
    expect(await demo.exited).toBe(0)
    expect(links.length).toBeGreaterThanOrEqual(6)
    const simulation = Bun.spawn([zlt, 'simulate', '--riders', '5', '--viewers', '2', '--duration', '3s', '--json'], {
      cwd: folder.path,
      stdout: 'pipe',
      stderr: 'ignore',
    })
    expect(await new Response(simulation.stdout).json()).toBeObject()
    expect(await simulation.exited).toBe(0)
  }, 60_000)
})
