import { expect, test } from 'bun:test'
import { LoopbackMail } from '../../src/adapters/embedded/mail.ts'
import { Owner } from '../../src/fanout/owner.ts'
import { Metrics } from '../../src/metrics.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { openEmbedded } from '../adapters/embedded/open-embedded.ts'

test('a commit that fails is reported, and the next checkpoint commits again', async () => {
  const { first, cleanup } = await openEmbedded()
  const stages: string[] = []
  const commits: number[] = []
  let failing = true
  const log = Object.create(first.log, {
    follow: {
      value: async (group: string, follower: Parameters<typeof first.log.follow>[1]) => {
        const following = await first.log.follow(group, follower)
        return {
          commit: async (_partition: number, at: number) => {
            if (failing) throw new Error('on purpose')
            commits.push(at)
          },
          close: () => following.close(),
        }
      },
    },
    partitionOf: { value: () => 0 },
    reject: { value: (rejected: Parameters<typeof first.log.reject>[0]) => first.log.reject(rejected) },
  })
  const onError = (_error: unknown, { stage }: { stage: string }) => void stages.push(stage)
  const deps = { mail: new LoopbackMail(onError), snapshots: first.snapshots, orders: new OrderTable() }
  const owner = new Owner({ ...deps, log, access: new AccessTable(), metrics: new Metrics(), onError, now: Date.now })
  await owner.start()
  await first.log.append([{ key: 'order', value: 'not JSON', headers: { zlt: '1' } }])
  await new Promise((resolve) => setImmediate(resolve))
  await owner.checkpoint()
  expect(stages).toContain('commit')
  failing = false
  await owner.checkpoint()
  expect(commits).toEqual([1])
  await owner.close()
  await cleanup()
})
