import { expect, test } from 'bun:test'
import { sweepTracks } from '../../../src/adapters/embedded/retention.ts'
import { emptyTrack } from '../../../src/domain/track.ts'
import { TRAIL_MAX_POINTS } from '../../../src/ports/snapshots.ts'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { openEmbedded } from './open-embedded.ts'

describeSnapshotsContract('embedded snapshots', async () => {
  const { first, reopen, cleanup } = await openEmbedded()
  return { snapshots: first.snapshots, reopen: async () => (await reopen()).snapshots, cleanup }
})

test('a trail that retention has taken away meanwhile starts anew, and its save comes to an end', async () => {
  const { first, cleanup } = await openEmbedded()
  const point = (at: number) => ({ at, lat: 47, lng: 9, timeMs: at })
  const save = (at: number, count: number) =>
    first.snapshots.save(0, [
      { track: { ...emptyTrack('o'), at }, trail: Array.from({ length: count }, (_, i) => point(at - i)) },
    ])
  await save(TRAIL_MAX_POINTS, TRAIL_MAX_POINTS)
  expect(sweepTracks(first.file.db, Date.now() + 1_000)).toBe(true)
  await save(TRAIL_MAX_POINTS + 1, 1)
  expect((await first.snapshots.trail(0, 'o')).points).toEqual([point(TRAIL_MAX_POINTS + 1)])
  await cleanup()
})
