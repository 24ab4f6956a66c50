import { expect, test } from 'bun:test'
import { Phone, type WireFix } from '../../cli/demo/phone'
import { createRandom } from '../../cli/riders/random'
import { distanceM } from '../../src/domain/geo'

const place = { lat: 47.14, lng: 9.52, alongM: 0, speedMps: 4, headingDeg: 359.7 }
const phone = (seed = 1) => new Phone('mia', createRandom(seed))

test('a fix has all that a phone tells, and an id of its own', () => {
  const mia = phone()
  const [first, second] = [mia.read(place, 10, 1_760_000_000_000.4), mia.read(place, 10, 1_760_000_001_000)]
  expect(first).toMatchObject({ id: 'mia-1', fix_time_ms: 1_760_000_000_000, speed_mps: 10, heading_deg: 0 })
  expect(second.id).toBe('mia-2')
})

test('errors are slight, fit the stated accuracy, and drift rather than jump', () => {
  const mia = phone()
  const fixes = Array.from({ length: 3_000 }, (_, i) => mia.read(place, 0, 1_760_000_000_000 + i * 1_000))
  const steps = fixes.slice(1).map((fix, i) => distanceM(fix, fixes[i] as WireFix))
  const errors = fixes.map((fix) => distanceM(fix, place))
  const within = fixes.filter((fix, i) => (errors[i] as number) <= fix.accuracy_m).length
  expect(within / fixes.length).toBeGreaterThan(0.68)
  expect(Math.max(...errors)).toBeLessThan(15)
  expect(Math.max(...errors)).toBeGreaterThan(3)
  expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeLessThan(2)
})

test('what is kept comes out once, oldest first, and no more than one request may carry', () => {
  const mia = phone()
  for (let i = 0; i < 250; i++) mia.keep(mia.read(place, 0, i))
  const kept = mia.takeKept()
  expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([200, 'mia-51', 'mia-250'])
  expect(mia.takeKept()).toEqual([])
})
