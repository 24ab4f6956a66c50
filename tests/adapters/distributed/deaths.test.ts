import { expect, test } from 'bun:test'
import { Deaths, LEASE_MS } from '../../../src/adapters/distributed/deaths.ts'

/** Readings every 500 ms of Redis' clock, from 0; `at` says who has a lease then. */
function readings(
  deaths: Deaths,
  fromMs: number,
  toMs: number,
  leases: (nowMs: number) => [string, number][],
): string[] {
  const dead: string[] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) {
    for (const node of deaths.take({ nowMs, leases: [['self', nowMs + LEASE_MS], ...leases(nowMs)] })) {
      dead.push(`${node}@${nowMs}`)
    }
  }
  return dead
}

const alive = (node: string, nowMs: number): [string, number] => [node, nowMs + LEASE_MS]

test('a node whose lease ran out is dead by the second reading a second later, once', () => {
  const deaths = new Deaths('self')
  const leases = (nowMs: number): [string, number][] => [['n', Math.min(nowMs, 10_000) + LEASE_MS]]
  expect(readings(deaths, 0, 30_000, leases)).toEqual(['n@14000'])
})

test('one that is not listed any more is dead too', () => {
  const deaths = new Deaths('self')
  expect(readings(deaths, 0, 20_000, (nowMs) => (nowMs < 10_000 ? [alive('n', nowMs)] : []))).toEqual(['n@11000'])
})

test('nobody is dead before our own readings were steady for a lease and 2 s', () => {
  const deaths = new Deaths('self')
  expect(readings(deaths, 0, 20_000, () => [['n', -1]])).toEqual(['n@5000'])
})

test('a break proves nothing: both readings and the steady time must come after it', () => {
  const deaths = new Deaths('self')
  expect(readings(deaths, 0, 10_000, (nowMs) => [alive('n', nowMs)])).toEqual([])
  // Frozen for 10 s; all leases have run out, ours too.
  expect(readings(deaths, 20_000, 20_500, () => [['n', 13_000]])).toEqual([])
  expect(readings(deaths, 21_000, 40_000, (nowMs) => [alive('n', nowMs)])).toEqual([])
})

test('told of a break, it waits anew', () => {
  const deaths = new Deaths('self')
  readings(deaths, 0, 10_000, (nowMs) => [alive('n', nowMs)])
  deaths.breakOff()
  expect(readings(deaths, 10_500, 30_000, () => [])).toEqual(['n@15500'])
})

test('a clock that goes back is a break', () => {
  const deaths = new Deaths('self')
  readings(deaths, 100_000, 110_000, (nowMs) => [alive('n', nowMs)])
  expect(readings(deaths, 50_000, 54_500, () => [])).toEqual([])
})

test('one that missed a single reading is not dead; one that came back may die again', () => {
  const deaths = new Deaths('self')
  const leases = (nowMs: number): [string, number][] =>
    nowMs % 2_000 < 1_000 || (nowMs > 20_000 && nowMs < 30_000) ? [alive('n', nowMs)] : []
  expect(readings(deaths, 0, 19_500, leases)).toEqual([])
  expect(readings(deaths, 20_000, 29_500, leases)).toEqual([])
  expect(readings(deaths, 30_000, 35_000, () => [])).toEqual(['n@31000'])
  expect(readings(deaths, 35_500, 40_000, (nowMs) => [alive('n', nowMs)])).toEqual([])
  expect(readings(deaths, 40_500, 45_000, () => [])).toEqual(['n@41500'])
})

test('it asks for a reading when a lease would end, and for the second one a second later', () => {
  const deaths = new Deaths('self')
  const reading = { nowMs: 1_000, leases: [['n', 1_200]] as [string, number][] }
  deaths.take(reading)
  expect(deaths.nextMs(reading, 500)).toBe(202)
  const later = { nowMs: 1_202, leases: [['n', 1_200]] as [string, number][] }
  deaths.take(later)
  expect(deaths.nextMs(later, 500)).toBe(500)
  const last = { nowMs: 1_900, leases: [['n', 1_200]] as [string, number][] }
  deaths.take(last)
  expect(deaths.nextMs(last, 500)).toBe(304)
})
