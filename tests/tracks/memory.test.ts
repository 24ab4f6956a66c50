import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { writeTrackFile } from './track-files.ts'

const SIZE_BYTES = 20_000_000

/**
 * Reads in a process of its own, whose memory is not blurred by other tests. The peak is sampled: the system's own
 * (`maxRSS`) begins, in a child, with the memory of the parent that started it.
 */
const PROGRAM = `
  import { readTracks } from ${JSON.stringify(join(import.meta.dir, '../../cli/tracks/read.ts'))}
  const baseBytes = process.memoryUsage.rss()
  let peakBytes = baseBytes
  const sample = () => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()) }
  const timer = setInterval(sample, 2)
  const { findings } = await readTracks(process.argv[1])
  sample()
  clearInterval(timer)
  console.log(JSON.stringify({ points: findings.points, growthMb: (peakBytes - baseBytes) / 1024 / 1024 }))
`

async function measure(content: string): Promise<{ points: number; growthMb: number }> {
  const path = await writeTrackFile(content)
  const child = Bun.spawn([process.execPath, '-e', PROGRAM, path], { stdout: 'pipe', stderr: 'inherit' })
  const output = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  return JSON.parse(output) as { points: number; growthMb: number }
}

test('20 MB of GPX need little more memory than their points', async () => {
  const rows: string[] = []
  for (let bytes = 0; bytes < SIZE_BYTES; bytes += rows.at(-1)?.length ?? 0) {
    const index = rows.length
    const time = new Date(1_700_000_000_000 + index * 1000).toISOString()
    rows.push(
      `<trkpt lat="${(48 + index * 1e-6).toFixed(7)}" lon="${(11 + index * 1e-6).toFixed(7)}"><ele>${index % 1000}.5</ele><time>${time}</time></trkpt>\n`,
    )
  }
  const { points, growthMb } = await measure(`<gpx><trk><trkseg>${rows.join('')}</trkseg></trk></gpx>`)
  expect(points).toBe(rows.length)
  // Measured 67 to 75 MB, most of it points and garbage not yet collected.
  expect(growthMb).toBeLessThan(100)
}, 60_000)

test('80 MB that never become a point are not kept', async () => {
  const text = 'x '.repeat(40_000_000)
  const { points, growthMb } = await measure(`<gpx><wpt lat="1" lon="1"/><trk><desc>${text}</desc></trk></gpx>`)
  expect(points).toBe(1)
  // Measured 30 MB; a reader that kept the text would need 80 more.
  expect(growthMb).toBeLessThan(70)
}, 60_000)
