import { expect, test } from 'bun:test'
import { LoopbackMail } from '../../../src/adapters/embedded/mail.ts'
import { describeMailContract } from '../../contract/mail.contract.ts'

describeMailContract(
  'loopback mail',
  async () => {
    const mail = new LoopbackMail(() => {})
    return {
      mail,
      another: () => Promise.reject(new Error('loopback mail has one node')),
      cleanup: () => mail.close(),
    }
  },
  {
    skip: [
      {
        reason: 'the embedded tier is one process, so there is no second node',
        tests: [
          'two nodes know each other, and the last to claim a partition owns it',
          'between two nodes order holds per sender, and each gets only its own',
        ],
      },
    ],
  },
)

test('what an inbox throws is reported', async () => {
  const errors: unknown[] = []
  const mail = new LoopbackMail((error) => void errors.push(error))
  const failure = new Error('on purpose')
  await mail.open({
    receive() {
      throw failure
    },
    gap() {},
    absent() {},
    expired() {},
    emptied() {},
  })
  mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await Promise.resolve()
  expect(errors).toEqual([failure])
})
