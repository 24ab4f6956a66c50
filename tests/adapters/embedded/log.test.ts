import { describeLogContract } from '../../contract/log.contract.ts'
import { openEmbedded } from './open-embedded.ts'

describeLogContract('the embedded log', async () => {
  const { first, reopen, rejected, cleanup } = await openEmbedded()
  return { log: first.log, reopen: async () => (await reopen()).log, rejected, cleanup }
})
