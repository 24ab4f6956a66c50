import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { openEmbedded } from './open-embedded.ts'

describeSnapshotsContract('embedded snapshots', async () => {
  const { first, reopen, cleanup } = await openEmbedded()
  return { snapshots: first.snapshots, reopen: async () => (await reopen()).snapshots, cleanup }
})
