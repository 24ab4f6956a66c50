/** What may happen in the world, in any sequence; and what must hold once everything has caught up. */

import type { LocationRecord } from '../../../src/domain/location-record'
import { isInHand } from '../../../src/domain/order'
import type { PositionPart, View } from '../../../src/domain/view'
import type { Tail } from './facts'
import type { ModelOwner } from './owner'
import type { Page } from './page'
import type { Seams } from './seams'
import { FIX_KINDS, type FixKind, ORDERS, type Rider, World } from './world'

/** One step: which, and two numbers that choose its details. */
export type Step = readonly [kind: number, a: number, b: number]

type Act = (world: World, a: number, b: number) => void

function pick<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T
}

function riderOf(n: number): Rider {
  return n % 2 === 0 ? 'r1' : 'r2'
}

function owners(world: World): ModelOwner[] {
  return world.owner === undefined ? world.sleepers : [world.owner, world.owner, ...world.sleepers]
}

function withOwner(world: World, n: number, act: (owner: ModelOwner) => void): void {
  const all = owners(world)
  if (all.length > 0) act(pick(all, n))
}

const KINDS: FixKind[] = [...Array<FixKind>(13).fill('clean'), ...FIX_KINDS.slice(1)]

/** Each with its name and its weight. */
const ACTS: [name: string, weight: number, act: Act][] = [
  ['a rider sends', 30, send],
  ['assign', 4, (world, a, b) => world.facts.assign(pick(ORDERS, a), riderOf(b), world.nowMs)],
  ['assign and tell', 3, assignAndTell],
  ['move', 2, (world, a, b) => world.facts.move(pick(ORDERS, a), pick(MOVES, b), world.nowMs)],
  ['only a stub is left', 1, (world, a) => world.facts.age(pick(ORDERS, a), world.nowMs)],
  ['register', 1, (world, a) => world.facts.register('o2', world.nowMs + (a % 3))],
  ['fill the plan', 1, (world, a) => world.facts.fill(riderOf(a), 7, world.nowMs)],
  ['empty the plan', 1, (world, a) => world.facts.unfill(riderOf(a), world.nowMs)],
  ['publish', 9, (world, a, b) => void world.facts.publish(a, b % 8 === 0)],
  ['a node tails', 10, (world, a, b) => pick(world.nodes, a).tail.read(1 + (b % 4))],
  ['an ingest tails', 5, (world, a, b) => pick(world.ingests, a).read(1 + (b % 4))],
  ['a tail repeats', 1, (world, a, b) => pick(tails(world), a).repeat(1 + (b % 4))],
  ['fold', 14, (world, a, b) => withOwner(world, a, (owner) => owner.step(1 + (b % 6)))],
  ['fold and save all', 4, (world, a) => withOwner(world, a, foldAndSave)],
  ['tick', 3, (world, a) => withOwner(world, a, (owner) => owner.tick())],
  ['checkpoint', 6, (world, a, b) => withOwner(world, a, (owner) => owner.checkpoint(b % 4 === 0))],
  ['new owner', 5, takeOver],
  ['new owner after a checkpoint', 3, takeOverAfterCheckpoint],
  ['sleepers notice', 1, (world) => world.wakeSleepers()],
  ['the engine answers', 9, (world, a) => answerOne(world, a)],
  ['the engine never answers', 1, (world, a) => world.engine.lose(a)],
  ['mail', 16, (world, a, b) => void world.post.deliver(a, 1 + (b % 6))],
  ['mail is lost', 1, (world, a) => world.post.lose(a)],
  ['mail repeats', 1, (world, a, b) => world.post.repeat(a, 1 + (b % 4))],
  ['a page opens', 7, (world, a, b) => void world.openPage(pick(world.nodes, a), pick(ORDERS, b), audienceOf(b))],
  ['a page leaves', 2, (world, a) => withPage(world, a, (page) => closePage(world, page))],
  ['a page reconnects', 2, (world, a, b) => withPage(world, a, (page) => reconnect(world, page, b))],
  ['a page is slow', 2, (world, a, b) => withPage(world, a, (page) => slow(world, page, b))],
  ['a hub looks', 3, (world, a) => pick(world.nodes, a).look()],
  ['a hub announces', 2, (world, a) => pick(world.nodes, a).announce()],
  ['a node crashes', 1, (world, a) => world.crash(pick(world.nodes, a))],
  ['time passes', 1, pass],
]

const MOVES = ['picked_up', 'picked_up', 'picked_up', 'picked_up', 'delivered', 'cancelled'] as const
const ENDS_OF_OWNERS = ['crashes', 'leaves', 'sleeps'] as const

function send(world: World, a: number, b: number): void {
  world.nowMs += 200 + b * 3
  const orderId = a % 3 === 0 ? undefined : pick(ORDERS, a >> 2)
  const named = { ...(orderId && { orderId }), scoped: b % 4 === 0, foreign: b % 64 === 7 }
  world.sendFix(riderOf(a >> 1), pick(world.ingests, b), pick(KINDS, a * 7 + b), named)
}

function assignAndTell(world: World, a: number, b: number): void {
  world.facts.assign(pick(ORDERS, a), riderOf(b), world.nowMs)
  while (world.facts.publish(0, false));
  for (const ingest of world.ingests) ingest.read(Number.POSITIVE_INFINITY)
}

function foldAndSave(owner: ModelOwner): void {
  owner.step(Number.POSITIVE_INFINITY)
  owner.checkpoint(false)
}

function answerOne(world: World, a: number): void {
  const used = world.engine.answer(a)
  if (used !== undefined) world.count(used ? 'lines' : 'lines too late')
}

function takeOver(world: World, a: number, b: number): void {
  world.changeOwner(pick(world.nodes, a), pick(ENDS_OF_OWNERS, b))
}

function takeOverAfterCheckpoint(world: World, a: number, b: number): void {
  if (world.owner !== undefined) foldAndSave(world.owner)
  takeOver(world, a, b)
}

function pass(world: World, a: number): void {
  world.nowMs += 1_000 + a * 20
}

function tails(world: World): Tail[] {
  return [...world.nodes.map(({ tail }) => tail), ...world.ingests]
}

function audienceOf(n: number): 'customer' | 'ops' {
  return n % 5 === 0 ? 'ops' : 'customer'
}

const TABLE = ACTS.flatMap((act) => Array<(typeof ACTS)[number]>(act[1]).fill(act))

/** Steps are numbered from 0 to this, exclusive. */
export const STEP_KINDS = TABLE.length

/** The steps in words, for a failure's message. */
export function inWords(steps: readonly Step[]): string {
  return steps.map(([kind, a, b]) => `${pick(TABLE, kind)[0]} ${a} ${b}`).join('\n')
}

function withPage(world: World, n: number, act: (page: Page) => void): void {
  if (world.pages.length > 0) act(pick(world.pages, n))
}

function closePage(world: World, page: Page): void {
  for (const node of world.nodes) node.close(page)
}

function reconnect(world: World, page: Page, n: number): void {
  closePage(world, page)
  pick(world.nodes, n).open(page)
}

function slow(world: World, page: Page, n: number): void {
  page.outcome = pick(['sent', 'queued', 'dropped'] as const, n)
  if (page.outcome === 'sent') drain(world, page)
}

function drain(world: World, page: Page): void {
  page.outcome = 'sent'
  for (const node of world.nodes) if (node.pages.has(page)) node.hub.drained(page.viewer)
}

/**
 * Takes all steps, lets everything catch up, and checks that all views of an order end equal and show the newest.
 * @throws at the first thing that must not be
 */
export function live(steps: readonly Step[], seams: Seams): World {
  const world = new World(seams)
  world.changeOwner(pick(world.nodes, 0), 'crashes')
  for (const [kind, a, b] of steps) pick(TABLE, kind)[2](world, a, b)
  finish(world)
  // Whoever takes over now has only what was saved and committed.
  world.changeOwner(pick(world.nodes, steps.length), 'crashes')
  finish(world)
  return world
}

/** Lets everything catch up and checks the end. @throws when views differ, or do not show the newest */
export function finish(world: World): void {
  settle(world)
  checkEnd(world)
}

function settle(world: World): void {
  while (world.facts.publish(0, false));
  for (const tail of tails(world)) tail.read(Number.POSITIVE_INFINITY)
  if (world.owner === undefined) world.changeOwner(pick(world.nodes, 0), 'crashes')
  if (world.owner !== undefined) foldAndSave(world.owner)
  // The last that a sleeping owner does is to save what it has.
  for (const sleeper of world.sleepers) sleeper.checkpoint(false)
  world.wakeSleepers()
  if (world.owner?.partition.asideCount !== 0) throw new Error('a record still waits for what everybody knows')
  for (const page of world.pages) drain(world, page)
  deliverAll(world)
  for (const node of world.nodes) node.announce()
  deliverAll(world)
}

/** Delivers until no mail is left, and lets who was told `not_mine` look again, as it would by itself. */
export function deliverAll(world: World): void {
  do {
    while (world.post.deliver(0, 100));
    for (const node of world.nodes) node.look()
  } while (world.post.deliver(0, 100))
}

function checkEnd(world: World): void {
  for (const orderId of ORDERS) {
    const fresh = world.nodes.flatMap((node) => {
      const pages = [world.openPage(node, orderId, 'customer'), world.openPage(node, orderId, 'ops')]
      return pages.filter((page) => page !== undefined)
    })
    deliverAll(world)
    const all = world.pages.filter((page) => page.orderId === orderId && (page.isOpen || fresh.includes(page)))
    checkAllEqual(world, orderId, all)
    for (const page of fresh) checkNewest(world, orderId, page)
    for (const page of fresh) closePage(world, page)
  }
  for (const page of world.pages) {
    if (page.isOpen) page.checkLine()
    const order = world.facts.row(page.orderId)
    const isOver = order !== undefined && !isInHand(order)
    if (isOver && page.isOpen && page.shown !== undefined) throw new Error('shows a rider after the end')
  }
}

function checkAllEqual(world: World, orderId: string, pages: readonly Page[]): void {
  const row = world.facts.row(orderId)
  const first = pages[0]?.shown
  for (const { view, shown } of pages) {
    if (view?.order?.rev !== (row?.rev ?? 0))
      throw new Error(`an old order stays: ${view?.order?.rev}, not ${row?.rev}`)
    if (mayDiffer(world, orderId)) continue
    if (whatIsSeen(shown) !== whatIsSeen(first)) throw new Error(`views differ: ${describe(pages.map((p) => p.view))}`)
  }
}

/**
 * Whether owners may have judged a record of the order differently, each by its table: one that says of no assignment, one
 * that only some of them gave up, or a wild one behind such a one. The next clean fix heals that.
 */
function mayDiffer(world: World, orderId: string): boolean {
  const records = world.recordsOf(orderId)
  const areClean = records.every(({ id }) => world.kinds.get(id ?? '') === 'clean')
  const gaveUpAt = world.gaveUp.get(orderId)
  if (records.some(({ assignment }) => assignment === undefined)) return true
  return gaveUpAt !== undefined && (!areClean || gaveUpAt >= newestAt(world, orderId))
}

/** The offset of the newest record that may heal an order. */
function newestAt(world: World, orderId: string): number {
  const assignment = world.facts.row(orderId)?.assignment
  const { at } = world.log.findLast(
    ({ key, value }) => key === orderId && (JSON.parse(value ?? '') as LocationRecord).assignment === assignment,
  ) ?? { at: 0 }
  return at
}

/** What a viewer sees of a position; under which revision it was projected cannot be seen. */
function whatIsSeen(shown: PositionPart | undefined): string {
  return shown === undefined ? 'nothing' : `${shown.id} at ${shown.lat},${shown.lng} ${shown.fix_time_ms}`
}

/** With only clean fixes at the end, the newest of the assignment in force is shown. */
function checkNewest(world: World, orderId: string, page: Page): void {
  const order = world.facts.row(orderId)
  // What was given up is not shown, for some owner at least.
  if (order === undefined || mayDiffer(world, orderId) || world.gaveUp.has(orderId)) return
  const sent = world.recordsOf(orderId).filter(({ assignment }) => assignment === order.assignment)
  const isShown = isInHand(order) && order.visible
  const kinds = sent.map(({ id }) => world.kinds.get(id ?? ''))
  const endsClean =
    kinds.every((kind) => kind === 'clean') || (kinds.length >= 5 && kinds.slice(-5).every((k) => k === 'clean'))
  if (isShown && !endsClean) return
  const newest = isShown ? sent.at(-1)?.id : undefined
  world.count(newest === undefined ? 'end: nothing' : 'end: newest')
  if (page.shown?.id !== newest) throw new Error(`shows ${page.shown?.id}, the newest is ${newest} of ${orderId}`)
}

function describe(views: readonly (View | undefined)[]): string {
  return views.map((view) => JSON.stringify({ order: view?.order?.rev, position: view?.position })).join('\n')
}
