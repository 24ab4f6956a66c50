import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { AssignerProtocol, type Cluster, type Logger } from 'kafkajs'
import {
  assignSticky,
  type Claimant,
  readClaim,
  stickyAssigner,
} from '../../../src/adapters/distributed/sticky-assigner.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol

const ordered = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Members with any claims: overlapping, of partitions that do not exist, or none. */
const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 }).chain((ids) =>
  fc.tuple(
    ...ids.map((memberId) =>
      fc.record({
        memberId: fc.constant(memberId),
        claim: fc.option(
          fc.record({ sinceMs: fc.nat(5), partitions: fc.array(fc.integer({ min: -2, max: 40 }), { maxLength: 40 }) }),
          { nil: undefined },
        ),
      }),
    ),
  ),
)
const counts = fc.nat(40)

function moved(before: Map<string, number[]>, after: Map<string, number[]>): number {
  let count = 0
  for (const [memberId, partitions] of after) {
    count += partitions.filter((partition) => !before.get(memberId)?.includes(partition)).length
  }
  return count
}

const asClaims = (shares: Map<string, number[]>, sinceMs = 1): Claimant[] =>
  [...shares].map(([memberId, partitions]) => ({ memberId, claim: { sinceMs, partitions } }))

describe('assignSticky', () => {
  test('gives each partition to exactly one member, in even shares', () => {
    fc.assert(
      fc.property(counts, members, (count, group) => {
        const shares = assignSticky(ordered(count), group)
        expect([...shares.keys()].sort()).toEqual(group.map(({ memberId }) => memberId).sort())
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(ordered(count))
        const sizes = [...shares.values()].map(({ length }) => length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('answers the same whatever the order of the members', () => {
    fc.assert(
      fc.property(counts, members, (count, group) => {
        const one = Object.fromEntries(assignSticky(ordered(count), group))
        expect(Object.fromEntries(assignSticky(ordered(count), [...group].reverse()))).toEqual(one)
      }),
    )
  })

  test('moves nothing when nothing has changed', () => {
    fc.assert(
      fc.property(counts, members, (count, group) => {
        const shares = assignSticky(ordered(count), group)
        expect(moved(shares, assignSticky(ordered(count), asClaims(shares)))).toBe(0)
      }),
    )
  })

  test('moves only what a newcomer or a leaver makes move', () => {
    fc.assert(
      fc.property(counts, members, fc.boolean(), (count, group, joins) => {
        const before = assignSticky(ordered(count), group)
        const claims = asClaims(before)
        if (joins) {
          const after = assignSticky(ordered(count), [...claims, { memberId: 'a newcomer' }])
          expect(moved(before, after)).toBe(after.get('a newcomer')?.length as number)
        } else if (claims.length > 1) {
          const [leaver, ...rest] = claims as [Claimant, ...Claimant[]]
          expect(moved(before, assignSticky(ordered(count), rest))).toBe(leaver.claim?.partitions.length as number)
        }
      }),
    )
  })

  test('from two to three members of 12 partitions, 4 move', () => {
    const two = assignSticky(ordered(12), [{ memberId: 'a' }, { memberId: 'b' }])
    const three = assignSticky(ordered(12), [...asClaims(two), { memberId: 'c' }])
    expect(moved(two, three)).toBe(4)
    expect(three.get('c')).toHaveLength(4)
  })

  test('of two claims the newer wins, whoever makes it', () => {
    for (const [sleeper, other] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const shares = assignSticky(ordered(4), [
        { memberId: sleeper, claim: { sinceMs: 1, partitions: [0, 1] } },
        { memberId: other, claim: { sinceMs: 2, partitions: [0, 1, 2, 3] } },
      ])
      expect(shares.get(other)).toEqual([2, 3])
      expect(shares.get(sleeper)).toEqual([0, 1])
    }
    const lost = assignSticky(ordered(4), [
      { memberId: 'a', claim: { sinceMs: 1, partitions: [0, 1] } },
      { memberId: 'b', claim: { sinceMs: 2, partitions: [0, 1] } },
    ])
    expect(lost.get('b')).toEqual([0, 1])
  })

  test('of two that come back one after the other, each has what it had', () => {
    fc.assert(
      fc.property(counts, fc.boolean(), (count, isFirst) => {
        const before = assignSticky(ordered(count), [{ memberId: 'a' }, { memberId: 'b' }])
        const [one, other] = asClaims(before) as [Claimant, Claimant]
        const alone = assignSticky(ordered(count), [isFirst ? one : other])
        const after = assignSticky(ordered(count), [...asClaims(alone, 2), isFirst ? other : one])
        // Of an odd number, the larger share may be the other's now.
        expect(moved(before, after)).toBeLessThanOrEqual(count % 2)
      }),
    )
  })
})

describe('readClaim', () => {
  const encoded = (userData: string) =>
    MemberMetadata.encode({ version: 1, topics: ['t'], userData: Buffer.from(userData) })

  test('reads what is claimed, and leaves out what is no partition', () => {
    expect(readClaim(encoded('{"sinceMs":7,"partitions":[1,"2",3.5,null,4]}'))).toEqual({
      sinceMs: 7,
      partitions: [1, 4],
    })
  })

  test('whatever else comes is no claim', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '7',
      '{',
      '{"sinceMs":"7","partitions":[1]}',
      '{"sinceMs":7}',
      '\u0000\uffff',
    ]) {
      expect(readClaim(encoded(text))).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(readClaim(Buffer.from(bytes))).toBeUndefined()
      }),
      { numRuns: 20 },
    )
  })
})

test('kafkajs gets from it what members understand', async () => {
  const cluster = { findTopicPartitionMetadata: () => ordered(5).map((partitionId) => ({ partitionId })) }
  const context = { cluster: cluster as unknown as Cluster, groupId: 'g', logger: {} as Logger }
  const { assign, protocol } = stickyAssigner('t', () => ({ sinceMs: 3, partitions: [4, 0] }))(context)
  const { metadata } = protocol({ topics: ['t'] })
  expect(readClaim(metadata)).toEqual({ sinceMs: 3, partitions: [4, 0] })
  const assignments = await assign({
    members: [
      { memberId: 'holder', memberMetadata: metadata },
      { memberId: 'stranger', memberMetadata: Buffer.from([1, 2, 3]) },
    ],
    topics: ['t'],
  })
  const read = assignments.map(({ memberId, memberAssignment }) => [
    memberId,
    MemberAssignment.decode(memberAssignment)?.assignment.t,
  ])
  expect(read).toEqual([
    ['holder', [0, 4, 1]],
    ['stranger', [2, 3]],
  ])
})
