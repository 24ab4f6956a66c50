/** Puts members of a group out of it whose process is dead: others then get their partitions without waiting. */

import type { Coordinator } from './consumer-cluster'

/** A client as the group knows it. */
export interface Member {
  memberId: string
  clientId: string
}

/**
 * Removes the members that `isDead` names, by LeaveGroup on their behalf. One that has left meanwhile is no failure.
 * @returns how many were removed
 * @throws when the coordinator does not answer
 */
export async function evictMembers(
  coordinator: Coordinator,
  groupId: string,
  isDead: (member: Member) => boolean,
): Promise<number> {
  const { groups } = await coordinator.describeGroups({ groupIds: [groupId] })
  const dead = groups.flatMap(({ members }) => members).filter(isDead)
  let evicted = 0
  for (const { memberId } of dead) {
    try {
      await coordinator.leaveGroup({ groupId, memberId })
      evicted++
    } catch (error) {
      if ((error as { type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw error
    }
  }
  return evicted
}

/** Whether `clientId` is an earlier start of the node `self`; ids of nodes are `<name>.<start_ms>`. */
export function isFormerSelf(self: string, clientId: string): boolean {
  const [mine, its] = [splitNode(self), splitNode(clientId)]
  return mine !== undefined && its !== undefined && mine.name === its.name && its.startMs < mine.startMs
}

function splitNode(node: string): { name: string; startMs: number } | undefined {
  const [, name, start] = /^(.+)\.(\d+)$/.exec(node) ?? []
  return name === undefined ? undefined : { name, startMs: Number(start) }
}
