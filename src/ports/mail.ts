/**
 * Mail between fan-out nodes: owners of partitions on one side, hubs with sockets on the other.
 *
 * Bodies of one sender arrive in order; each arrives, or `gap(sender)` is called and the receiver announces again.
 */

import type { Audience } from '../domain/audience'

/** From a hub to the owner of a partition. */
export type ToOwner =
  /** Somebody watches `order` as each of `audiences`: send its position now, and each newer one. */
  | { type: 'watch'; order: string; audiences: Audience[] }
  | { type: 'unwatch'; order: string }
  /** All that this hub watches of a partition: replaces what the owner remembered of it. */
  | { type: 'announce'; partition: number; orders: [order: string, audiences: Audience[]][] }

/** The newest position of an order for one audience; without `json` it answers a watch of an order that has none yet. */
export interface PositionMessage {
  type: 'position'
  order: string
  audience: Audience
  /** The log's incarnation that `at` counts in; a hub takes only positions of the epoch it knows. */
  epoch: number
  at: number
  rev: number
  assignment: number
  receivedMs: number
  /** The position part as the socket carries it. */
  json: string | null
  /** The route that `json` names, by its id. */
  routeId?: string
  /** The route part, when the receiver may not have it yet. */
  routeJson?: string
  /** The `traceparent` of the record's fold, when its request is traced. */
  trace?: string
  /** Records dropped so far, by code; for `ops` only. */
  dropped?: Partial<Record<string, number>>
}

/** From an owner to a hub. */
export type ToHub =
  | PositionMessage
  /** The sender owns the partition from now on: announce to it. */
  | { type: 'owner'; partition: number }
  /** The sender does not own the partition of what was watched: look again. */
  | { type: 'not_mine'; partition: number }

export type Message = ToOwner | ToHub

/** Unknown message types MUST be ignored by the receiver, so that versions can roll. */
export interface Inbox {
  /** MUST NOT throw; a failure is reported, and what comes later is delivered all the same. */
  receive(from: string, messages: readonly Message[]): void
  /** Something from `from` was lost: whatever it was told or told us may be out of date. */
  gap(from: string): void
  /** Nothing reaches `node` any more: what it watches is to be forgotten. It announces again when it is back. */
  absent(node: string): void
  /**
   * `node` is dead: its lease ran out while ours was renewed without a break for a lease and 2 s, and two readings 1 s
   * apart said so. Its partitions should go to others. MUST NOT be called because the post itself was away or emptied.
   */
  expired(node: string): void
  /**
   * The post has lost all it held, of everybody or (`slept`) of this node, which was away for longer than its lease:
   * announce every order anew, and claim every partition. Whoever slept may have lost them without knowing it yet, and
   * MUST NOT claim before its log has had the time to say so.
   */
  emptied(slept: boolean): void
}

export interface Mail {
  /** This node's id. */
  readonly self: string
  /**
   * Queues `messages` for `to`, which may be this node. MUST deliver in the order of calls, unchanged, to `to` alone, and
   * never before `send` has returned. What is sent to a node that does not exist is dropped; to one that is about to
   * `open`, it waits or `gap` is called.
   */
  send(to: string, messages: readonly Message[]): void
  /** Opens this node's inbox; called once. */
  open(inbox: Inbox): Promise<void>
  /** All live nodes, this one included. */
  nodes(): Promise<string[]>
  /** Says that this node owns the partition; the last to say so does. */
  claim(partition: number): Promise<void>
  /** The node that owns the partition, as far as is known. */
  ownerOf(partition: number): Promise<string | undefined>
  /** Whether what is sent would arrive now; the reason when not. Answers within a second. */
  health(): Promise<{ ok: true } | { ok: false; reason: string }>
  /** Nothing is delivered after it. */
  close(): Promise<void>
}
