import { expect, test } from 'bun:test'
import { LoopbackMail } from '../../../src/adapters/embedded/mail.ts'
import { describeMailContract } from '../../contract/mail.contract.ts'

describeMailContract(
  'loopback mail',
  async () => {
    const mail = new LoopbackMail(() => {})
    const none = () => Promise.reject(new Error('loopback mail has one node, and no post'))
    return {
      mail,
      another: none,
      kill: none,
      empty: none,
      cutOff: none,
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
          'every kind of message goes to another node as it was sent',
          'what is sent to another node before it opens arrives, or a gap is told',
          'a node that has closed is absent to whoever sends to it, and no node any more',
          'a node that dies is told to the others once, and no living one ever',
        ],
      },
      {
        reason: 'the embedded tier has no post between nodes that could be away or lose anything',
        tests: [
          'a post that has lost all says so to each node once, goes on, and calls nobody dead',
          'a post that is away shows in health, and what was sent meanwhile arrives or a gap is told',
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
