import { beforeAll } from 'bun:test'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { sharedRedis } from '../../services/shared-servers.ts'
import { openStore } from './open-redis.ts'

let url = ''

beforeAll(async () => {
  const { url: server } = await sharedRedis()
  url = `${server}/2`
}, 60_000)

describeSnapshotsContract('Redis snapshots', async () => {
  let store = await openStore({ redis: url })
  return {
    snapshots: store.snapshots,
    reopen: async () => {
      await store.close()
      store = await openStore({ redis: url })
      return store.snapshots
    },
    cleanup: () => store.close(),
  }
})
