import { expect, test } from 'bun:test'
import { LoopbackMail } from '../../src/adapters/embedded/mail'
import { encodeRecord, OURS } from '../../src/domain/location-record'
import { VOUCHED_LIFE_MS } from '../../src/domain/order'
import { Owner } from '../../src/fanout/owner'
import { Metrics } from '../../src/metrics'
import type { Message, PositionMessage } from '../../src/ports/mail'
import { AccessTable } from '../../src/tables/access'
import { OrderTable } from '../../src/tables/orders'
import { openEmbedded } from '../adapters/embedded/open-embedded'
import { until } from '../support/until'

test('a vouched order is gone two hours after its last record, in memory and after a restart', async () => {
  const { first, cleanup } = await openEmbedded()
  const onError = (error: unknown) => {
    throw error
  }
  const received: PositionMessage[] = []
  const mail = new LoopbackMail(onError)
  await mail.open({
    receive: (_from, messages: readonly Message[]) => {
      for (const message of messages) if (message.type === 'position') received.push(message)
    },
    gap() {},
    absent() {},
    expired() {},
    emptied() {},
  })
  const clock = { nowMs: Date.now() }
  const start = async () => {
    const deps = { log: first.log, mail, snapshots: first.snapshots, orders: new OrderTable(), metrics: new Metrics() }
    const owner = new Owner({ ...deps, access: new AccessTable(), onError, now: () => clock.nowMs })
    await owner.start()
    return owner
  }
  const ask = async (owner: Owner) => {
    received.length = 0
    owner.receive(mail.self, { type: 'watch', order: 'o1', audiences: ['customer'] })
    await until(() => received.length > 0)
    return received[0]?.json
  }

  let owner = await start()
  const times = { fixTimeMs: clock.nowMs, receivedMs: clock.nowMs }
  const fix = { lat: 1, lng: 2 }
  const value = encodeRecord(fix, { partnerId: 'dp1', orderId: 'o1', assignment: 0, vouched: true, ...times })
  await first.log.append([{ key: 'o1', value, headers: OURS }])
  await until(async () => (await ask(owner)) !== null)

  clock.nowMs += VOUCHED_LIFE_MS + 1
  expect(await ask(owner)).toBeNull()
  await owner.checkpoint()
  await owner.close()
  owner = await start()
  expect(await ask(owner)).toBeNull()
  clock.nowMs -= 2
  expect(await ask(owner)).not.toBeNull()
  await owner.close()
  await cleanup()
})
