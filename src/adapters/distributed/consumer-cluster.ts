/**
 * The cluster behind a kafkajs consumer: its assigner is the only one who is handed it. What kafkajs 2.2.4 has and its
 * types leave out is named here, and nowhere else.
 */

import type { Broker, Cluster } from 'kafkajs'

/** The broker that keeps a group. */
export interface Coordinator extends Broker {
  /** LeaveGroup, for any member: the protocol asks for no proof. @throws when the member is not known */
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  describeGroups(request: { groupIds: string[] }): Promise<{ groups: DescribedGroup[] }>
}

export interface DescribedGroup {
  groupId: string
  members: { memberId: string; clientId: string; clientHost: string }[]
}

interface OpenCluster {
  committedOffsetsByGroup: Map<string, unknown>
}

const finders = new WeakMap<Cluster, Cluster['findGroupCoordinator']>()

/**
 * Makes the cluster of a consumer its own: `beforeJoin` is awaited before each JoinGroup, and its notion of what is
 * committed is shared with no other consumer. kafkajs keeps that by client and group, so a consumer that was given up
 * would go on writing into its successor's.
 */
export function takeCluster(cluster: Cluster, beforeJoin: () => Promise<void>): Cluster {
  const find = cluster.findGroupCoordinator.bind(cluster)
  finders.set(cluster, find)
  ;(cluster as unknown as OpenCluster).committedOffsetsByGroup = new Map()
  // A consumer looks for its coordinator when it joins, and at no other time. `consumer.rebalancing` is told at that
  // moment too, but not awaited: the commit would race with the join.
  cluster.findGroupCoordinator = async (group) => {
    await beforeJoin()
    return find(group)
  }
  return cluster
}

/** Finds and connects the broker that keeps a group. */
export async function openCoordinator(cluster: Cluster, groupId: string): Promise<Coordinator> {
  const find = finders.get(cluster) ?? cluster.findGroupCoordinator.bind(cluster)
  return (await find({ groupId })) as Coordinator
}
