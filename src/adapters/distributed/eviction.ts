/** Puts members of a group out of it whose process is dead: others then get their partitions without waiting. */

import type { Kafka } from 'kafkajs'
import { type Coordinator, openCoordinator, takeCluster } from './consumer-cluster'

/** A client as the group knows it. */
export interface Member {
  memberId: string
  clientId: string
}

/** The group, and how to get at it. */
export interface Group {
  kafka: Kafka
  /** A topic of it, to know the brokers by. */
  topic: string
  groupId: string
}

const PAUSE_MS = 100

/**
 * Removes the members that `isDead` names, by LeaveGroup on their behalf. One that has left meanwhile is no failure. Tries
 * again for `patienceMs`: a coordinator that has just taken over loads its groups first.
 * @returns how many were removed
 * @throws what the coordinator says at last
 */
export async function evictMembers(
  group: Group,
  isDead: (member: Member) => boolean,
  patienceMs: number,
): Promise<number> {
  return withCoordinator(group, patienceMs, async (coordinator) => {
    const { groups } = await coordinator.describeGroups({ groupIds: [group.groupId] })
    const dead = groups.flatMap(({ members }) => members).filter(isDead)
    for (const { memberId } of dead) await putOut(coordinator, group.groupId, memberId)
    return dead.length
  })
}

/** As `evictMembers`, for a member whose id is known. */
export async function evictMember(group: Group, memberId: string, patienceMs: number): Promise<void> {
  await withCoordinator(group, patienceMs, (coordinator) => putOut(coordinator, group.groupId, memberId))
}

async function putOut(coordinator: Coordinator, groupId: string, memberId: string): Promise<void> {
  try {
    await coordinator.leaveGroup({ groupId, memberId })
  } catch (error) {
    if ((error as { type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw error
  }
}

/**
 * Asks on connections of its own. A broker answers one request of a connection at a time, and a member's join waits for
 * the very member that is to be put out: behind it, the request would wait for its own effect.
 */
async function withCoordinator<T>(
  { kafka, topic, groupId }: Group,
  patienceMs: number,
  ask: (coordinator: Coordinator) => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    // Of kafkajs's clients only a consumer lets others have its cluster; this one joins nothing.
    const { consumer, cluster } = idleConsumer(kafka, groupId)
    try {
      await consumer.connect()
      await consumer.subscribe({ topic })
      return await ask(await openCoordinator(cluster, groupId))
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
    } finally {
      consumer.disconnect().catch(() => {})
    }
    await Bun.sleep(PAUSE_MS)
  }
}

function idleConsumer(kafka: Kafka, groupId: string) {
  let cluster: Parameters<typeof openCoordinator>[0] | undefined
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [
      (context) => {
        cluster = takeCluster(context.cluster, async () => {})
        const protocol = () => ({ name: 'none', metadata: Buffer.alloc(0) })
        return { name: 'none', version: 1, assign: async () => [], protocol }
      },
    ],
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 1 },
  })
  if (cluster === undefined) throw new Error('kafkajs made a consumer without its assigner')
  return { consumer, cluster }
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
