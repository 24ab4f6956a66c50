import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../../cli/simulate/report'

const folder = await mkdtemp(join(tmpdir(), 'zlt-test-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function zlt(...args: string[]) {
  const child = Bun.spawn([process.execPath, 'cli/main.ts', ...args], {
    cwd: `${import.meta.dir}/../..`,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { stdout, stderr, exitCode }
}

async function gpx(name: string, points: string): Promise<string> {
  const file = join(folder, name)
  await Bun.write(file, `<gpx version="1.1"><trk><trkseg>${points}</trkseg></trk></gpx>`)
  return file
}

test.concurrent('a run against a server of its own loses nothing', async () => {
  const args = ['--riders', '8', '--viewers', '2', '--duration', '2s', '--interval', '250', '--noise', '6']
  const { stdout, stderr, exitCode } = await zlt('simulate', ...args, '--loss', '0.1', '--outages', '--json')
  expect(exitCode, stderr).toBe(0)
  const report = JSON.parse(stdout) as Report
  expect(report).toMatchObject({ riders: 8, viewers: 16, complete: true })
  // The seed decides: 8 riders × 8 fixes in 2 s, and the last one of each.
  expect(report.fixes.intended).toBe(72)
  expect(report.fixes.sent + report.fixes.lost_on_purpose).toBe(72)
  expect(report.fixes.accepted).toBe(report.fixes.sent)
  expect(report.fixes.batched).toBeGreaterThan(0)
  expect(report.watching).toMatchObject({ loss: 0, version_violations: 0, foreign_frames: 0 })
  expect(report.fix_to_frame_ms.count).toBeGreaterThan(0)
}, 30_000)

test.concurrent('recordings are described, and only those that can be ridden are', async () => {
  const good = await gpx(
    'good.gpx',
    [0, 1, 1, 2, 3].map((s) => `<trkpt lat="47.1${s}" lon="9.5"><time>2026-05-01T10:00:0${s}Z</time></trkpt>`).join(''),
  )
  const bad = await gpx('bad.gpx', '<trkpt lat="147.1" lon="9.5"/>')
  const { stderr, stdout, exitCode } = await zlt('simulate', good, bad, '--duration', '1s')
  expect(exitCode, stderr).toBe(0)
  expect(stderr).toMatch(/good\.gpx +gpx +5 +1 +0 +0 +1 +0 +1 point left out/)
  expect(stderr).toMatch(/bad\.gpx .*refused: none of its 1 points is a latitude/)
  expect(stdout).toMatch(/riders, viewers +1, 1\n/)
}, 30_000)

test.concurrent('no usable recording is a failure that says why', async () => {
  const file = await gpx('one-point.gpx', '<trkpt lat="47.1" lon="9.5"/>')
  const { stderr, exitCode } = await zlt('simulate', file, join(folder, 'none.gpx'))
  expect(exitCode).toBe(1)
  expect(stderr).toContain('none of the recordings can be ridden')
  expect(stderr).toContain('no track has two points that follow each other in time')
})

test.concurrent('a server that does not answer is exit code 3, a wrong option 2', async () => {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const url = `http://127.0.0.1:${listener.port}`
  listener.stop(true)
  const away = await zlt('simulate', '--url', url, '--data', folder)
  expect(away.exitCode).toBe(3)
  expect(away.stderr).toContain(`no ready server at ${url}`)
  expect((await zlt('simulate', '--loss', '2')).exitCode).toBe(2)
  expect((await zlt('simulate', '--ingest-url', url)).exitCode).toBe(2)
})
