import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN_PASSWORD, eventually, startTestServer, type TestServer } from '../support/server'
import { tempFolder } from '../support/temp-folder'
import { openViewer, shownAt, viewOf } from '../support/viewer'
import { emptyFolder, MAIN, runZlt } from './run-zlt'

const folder = tempFolder()
const STATUSES = ['created', 'assigned', 'picked_up', 'delivered']

/** Riders that send and orders that move for as long as they are let; remembers what was acknowledged. */
function startLoad(server: TestServer) {
  const status = new Map<string, number>()
  let fixes = 0
  let isStopped = false
  const rider = async () => {
    for (let i = 0; !isStopped; i++) {
      const lat = 12.97 + (i % 50) / 100_000
      const { status: answered } = await server.post('dp1', { order_id: 'o1', lat, lng: 77.59 })
      if (answered === 202) fixes += 1
      await Bun.sleep(1)
    }
  }
  const backend = async (worker: number) => {
    for (let i = 0; !isStopped; i++) {
      const id = `order-${worker}-${i}`
      await server.order(id, { customer: 'c1' })
      status.set(id, 0)
      await server.assign(id, 'dp2')
      status.set(id, 1)
      for (const at of [2, 3]) {
        await server.move(id, STATUSES[at] as string)
        status.set(id, at)
      }
    }
  }
  const running = [rider(), rider(), backend(1), backend(2)]
  return {
    status,
    get fixes() {
      return fixes
    },
    async stop() {
      isStopped = true
      await Promise.all(running)
    },
  }
}

describe('a backup of a server under load', () => {
  let old: TestServer
  let restored: TestServer
  let before: Map<string, number>
  let after: Map<string, number>
  let frames: Record<string, unknown>[]
  let oldToken: string
  let code: number | null
  let report: { folder: string; files: { name: string; bytes: number }[]; left_out: string[] }
  const backup = join(folder.path, 'backup')

  beforeAll(async () => {
    old = await startTestServer()
    await old.order('o1', { customer: 'c1', partner: 'dp1' })
    oldToken = await old.token('CUSTOMER', 'c1')
    const { body: user } = await old.call('POST', '/users', {
      token: await old.token('ADMIN', 'admin'),
      body: { username: 'meera', password: 'a long password', role: 'ADMIN' },
    })
    expect(user.username).toBe('meera')
    const viewer = await openViewer(old, ['o1'], { token: oldToken })
    const load = startLoad(old)
    while (load.status.size < 20 || load.fixes < 200) await Bun.sleep(5)
    before = new Map(load.status)
    const fixesBefore = load.fixes
    const ended = await runZlt(['backup', backup, '--data', old.config.data, '--json'])
    code = ended.code
    report = JSON.parse(ended.stdout)
    after = new Map(load.status)
    // The old server is ahead of its copy by then, in offsets and in orders.
    const target = load.fixes + 100
    while (load.fixes < target) await Bun.sleep(5)
    expect(load.fixes).toBeGreaterThan(fixesBefore)
    await load.stop()
    frames = [...viewer.frames]
    await old.close()
    restored = await startTestServer({ data: backup })
  }, 60_000)
  afterAll(async () => {
    await restored?.close()
    folder.remove()
  })

  test('tells what is in it and what is not', () => {
    expect(code).toBe(0)
    expect(report.files.map(({ name }) => name)).toEqual(['log.db', 'zlt.db', 'keys.json'])
    expect(report.left_out.join()).toContain('zlt.json')
  })

  test('is whole, and for its owner’s eyes only', () => {
    expect(statSync(backup).mode & 0o777).toBe(0o700)
    for (const name of ['log.db', 'zlt.db', 'keys.json']) expect(statSync(join(backup, name)).mode & 0o777).toBe(0o600)
    for (const name of ['log.db', 'zlt.db']) {
      const db = new Database(join(backup, name), { readonly: true })
      expect(db.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      db.close()
    }
    expect(readdirSync(backup).filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  test('has every order as far as it was told to be when the backup began, and no further than when it ended', async () => {
    const token = await restored.token('ADMIN', 'admin')
    for (const [id, status] of after) {
      const { body } = await restored.call('GET', `/orders/${id}`, { token })
      const found = body.status === undefined ? -1 : STATUSES.indexOf(body.status)
      // One more step may have been stored and not yet answered.
      expect(found, id).toBeWithin(before.get(id) ?? -1, status + 2)
    }
  })

  test('takes passwords and tokens as before', async () => {
    for (const [username, password] of [
      ['meera', 'a long password'],
      ['admin', ADMIN_PASSWORD],
    ]) {
      expect((await restored.call('POST', '/auth/login', { body: { username, password } })).status).toBe(200)
    }
    expect((await restored.call('GET', '/orders/o1/track', { token: oldToken })).status).toBe(200)
  })

  test('a page that was open on the old server follows to the new one', async () => {
    const stale = viewOf(frames, 'o1')
    const again = await openViewer(restored, ['o1'], { token: oldToken })
    await restored.post('dp1', { order_id: 'o1', lat: 12.97, lng: 77.59002 })
    await again.shows('o1', (view) => shownAt(view) === '12.97,77.59002')
    const merged = viewOf([...frames, ...again.frames], 'o1')
    expect(merged?.epoch).toBeGreaterThan(stale?.epoch as number)
    expect(shownAt(merged)).toBe('12.97,77.59002')
    // Else this would show nothing: without the epoch, the page would wait for offsets that come again much later.
    expect(merged?.position?.at).toBeLessThan(stale?.position?.at as number)
    again.close()
  })

  test('a new epoch is begun once, not at each start', async () => {
    const epoch = async () => (await restored.call('GET', '/orders/o1/track', { token: oldToken })).body.epoch
    const first = await epoch()
    await restored.restart()
    expect(await epoch()).toBe(first)
  })
})

describe('a folder without its server', () => {
  const home = emptyFolder()
  afterAll(home.remove)
  const data = join(home.path, 'zlt-data')
  beforeAll(async () => {
    const server = await startTestServer({ data })
    await server.order('o1', { customer: 'c1' })
    await server.close()
  })
  const zltBackup = (...args: string[]) => runZlt(['backup', ...args], { cwd: home.path })

  test('is backed up into an empty folder, with a table and the next step', async () => {
    mkdirSync(join(home.path, 'empty'))
    const { code, stdout, stderr } = await zltBackup('empty')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^FILE +BYTES\nlog\.db +\d+\nzlt\.db +\d+\nkeys\.json +\d+\n$/)
    expect(stderr).toContain('copying log.db, ')
    expect(stderr).toContain('next: zlt serve --data empty starts on it')
    expect(readFileSync(join(home.path, 'empty', 'keys.json'), 'utf8')).toBe(
      readFileSync(join(data, 'keys.json'), 'utf8'),
    )
  })

  test('never into one that holds something', async () => {
    mkdirSync(join(home.path, 'full'))
    writeFileSync(join(home.path, 'full', 'note'), 'mine')
    const { code, stderr } = await zltBackup('full')
    expect(code).toBe(1)
    expect(stderr).toContain('is not empty: name a folder that does not exist yet')
    expect(readdirSync(join(home.path, 'full'))).toEqual(['note'])
  })

  test('one that is damaged is told of, and leaves nothing behind', async () => {
    mkdirSync(join(home.path, 'damaged'))
    writeFileSync(
      join(home.path, 'damaged', 'log.db'),
      'no database at all, and longer than its header of 100 bytes. '.repeat(9),
    )
    writeFileSync(join(home.path, 'damaged', 'zlt.db'), '')
    const { code, stderr } = await zltBackup('copy-of-damaged', '--data', 'damaged')
    expect(code).toBe(1)
    expect(stderr).toContain('no backup was made: ')
    expect(readdirSync(home.path)).not.toContain('copy-of-damaged')
  })

  test('one that is stopped leaves no copy of a secret behind', async () => {
    // It waits for whoever holds the file, and is stopped meanwhile.
    const db = new Database(join(data, 'zlt.db'))
    db.run('PRAGMA journal_mode = DELETE')
    db.run('BEGIN EXCLUSIVE')
    const child = Bun.spawn([process.execPath, MAIN, 'backup', 'stopped'], { cwd: home.path, env: {}, stderr: 'pipe' })
    const partial = join(home.path, 'stopped', 'zlt.db.partial')
    await eventually('the copy is under way', () => existsSync(partial))
    child.kill('SIGTERM')
    expect(await child.exited).toBe(143)
    expect(readdirSync(join(home.path, 'stopped'))).toEqual([])
    db.run('ROLLBACK')
    db.close()
  })

  test('a folder without data cannot be reached: 3; a missing argument is wrong usage: 2', async () => {
    const { code, stderr } = await zltBackup('copy', '--data', 'nowhere')
    expect([code, stderr]).toEqual([3, expect.stringContaining('name the folder of a server with --data')])
    expect((await zltBackup()).code).toBe(2)
  })

  test('accounts in Postgres are named as left out; a distributed zlt has no folder to back up', async () => {
    const args = ['--database', 'postgres://nobody@127.0.0.1:1/zlt', '--json']
    const { stdout } = await zltBackup('without-accounts', ...args)
    const { files, left_out: leftOut } = JSON.parse(stdout)
    expect(files.map(({ name }: { name: string }) => name)).toEqual(['log.db', 'keys.json'])
    expect(leftOut[0]).toContain('pg_dump')
    const env = { ZLT_BROKERS: 'k:9092', ZLT_REDIS: 'redis://r', ZLT_DATABASE: 'postgres://d/zlt' }
    const distributed = await runZlt(['backup', 'x'], { cwd: home.path, env })
    expect([distributed.code, distributed.stderr]).toEqual([1, expect.stringContaining('pg_dump')])
  })
})
