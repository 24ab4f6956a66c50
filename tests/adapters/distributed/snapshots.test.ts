import { beforeAll } from 'bun:test'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { sharedRedis } from '../../services/shared-servers.ts'
import { snapshotsOpener } from './open-redis.ts'

let url = ''

beforeAll(async () => {
  const { url: server } = await sharedRedis()
  url = `${server}/2`
}, 60_000)

describeSnapshotsContract(
  'Redis snapshots',
  snapshotsOpener(() => ({ redis: url })),
)
