/**
 * Who gets which partition when the members of a group change: everybody keeps what it has, as far as the shares stay
 * even, so that only the surplus moves. From two to three members of 12 partitions, 4 move; with round robin, 8.
 */

import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

/** What a member says it holds, and since when by its own clock (epoch ms). */
export interface Claim {
  sinceMs: number
  partitions: readonly number[]
}

export interface Claimant {
  memberId: string
  claim?: Claim | undefined
}

/** The name members agree on. Renaming it needs both names offered for one release: a group has one protocol. */
const NAME = 'zlt-sticky'
const VERSION = 1

/** For kafkajs, whose assigners are asked for their protocol at each join, but never told what they got. */
export function stickyAssigner(topic: string, claim: () => Claim): PartitionAssigner {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol({ topics }) {
      const userData = Buffer.from(JSON.stringify(claim()))
      return { name: NAME, metadata: MemberMetadata.encode({ version: VERSION, topics, userData }) }
    },
    async assign({ members }) {
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      const claimants = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        claim: readClaim(memberMetadata),
      }))
      return [...assignSticky(partitions, claimants)].map(([memberId, assigned]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: assigned },
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

/**
 * Gives each partition to one member, so that no two shares differ by more than one and as few as can be move. When
 * several claim one, the newest claim wins: the others have slept through a rebalance. What the winner must give away goes
 * back to an older claimant first: when all come back after their broker did, the first of them was given everything.
 * The same input gives the same answer, whoever leads the group.
 */
export function assignSticky(partitions: readonly number[], members: readonly Claimant[]): Map<string, number[]> {
  const claims = claimsOf(partitions, members)
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  // What nobody else claims comes first, so it is kept first.
  const byContest = [...claims].sort(([a, its], [b, others]) => its.length - others.length || a - b)
  for (const [partition, [winner]] of byContest) if (winner !== undefined) kept.get(winner)?.push(partition)
  const byKept = [...kept].sort(([a, mine], [b, other]) => other.length - mine.length || (a < b ? -1 : 1))
  const floor = Math.floor(partitions.length / members.length)
  const larger = partitions.length % members.length
  // Those who hold most get the larger shares: each of them gives one less away.
  const quotas = new Map(byKept.map(([memberId], index) => [memberId, index < larger ? floor + 1 : floor]))
  const shares = new Map(byKept.map(([memberId, held]) => [memberId, held.slice(0, quotas.get(memberId))]))
  const hasRoom = (memberId: string) => (shares.get(memberId)?.length ?? 0) < (quotas.get(memberId) ?? 0)
  const placed = new Set([...shares.values()].flat())
  const free: number[] = []
  for (const partition of [...partitions].filter((one) => !placed.has(one)).sort((a, b) => a - b)) {
    const former = claims.get(partition)?.find(hasRoom)
    if (former === undefined) free.push(partition)
    else shares.get(former)?.push(partition)
  }
  for (const [memberId, share] of shares) share.push(...free.splice(0, (quotas.get(memberId) ?? 0) - share.length))
  return shares
}

/** Who claims each partition, the newest claim first; of claims of the same time, by the member's id. */
function claimsOf(partitions: readonly number[], members: readonly Claimant[]): Map<number, string[]> {
  const claims = new Map<number, string[]>(partitions.map((partition) => [partition, []]))
  const since = ({ claim }: Claimant) => claim?.sinceMs ?? 0
  const newestFirst = [...members].sort((a, b) => since(b) - since(a) || (a.memberId < b.memberId ? -1 : 1))
  for (const { memberId, claim } of newestFirst) {
    for (const partition of new Set(claim?.partitions)) claims.get(partition)?.push(memberId)
  }
  return claims
}

/** A claim as another member, maybe of another version, has sent it; undefined when it cannot be read. */
export function readClaim(memberMetadata: Buffer): Claim | undefined {
  try {
    const { userData } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {}
    const read: unknown = JSON.parse(String(userData))
    if (typeof read !== 'object' || read === null) return undefined
    const { sinceMs, partitions } = read as Record<string, unknown>
    if (!Number.isFinite(sinceMs) || !Array.isArray(partitions)) return undefined
    return { sinceMs: sinceMs as number, partitions: partitions.filter((one) => Number.isInteger(one)) }
  } catch {
    return undefined
  }
}
