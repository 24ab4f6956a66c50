import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Fix, fixSchema, parseFix } from '../../src/domain/fix'
import type { Fault } from '../../src/errors'

function parse(input: unknown, pointer = ''): { fix: Fix | undefined; faults: Fault[] } {
  const faults: Fault[] = []
  return { fix: parseFix(input, pointer, faults), faults }
}

const codes = (input: unknown) => parse(input).faults.map(({ pointer, code }) => `${pointer} ${code}`)
const place = { lat: 12.97, lng: 77.59 }

describe('parseFix', () => {
  test('takes the smallest fix there is', () => {
    expect(parse(place)).toEqual({ fix: place, faults: [] })
  })

  test('takes all fields and drops what it does not know', () => {
    const all = { ...place, accuracy_m: 8, speed_mps: 3, heading_deg: 90, altitude_m: 12, battery: 50, id: 'f1' }
    expect(parse({ ...all, partner_id: 'dp1', order_id: 'o1', colour: 'red' }).fix).toEqual({
      ...all,
      partner_id: 'dp1',
      order_id: 'o1',
    })
  })

  test('takes null for absent', () => {
    expect(parse({ ...place, id: null, speed_mps: null, timestamp: null, fix_time_ms: null }).fix).toEqual(place)
    expect(codes({ lat: null, lng: 1 })).toEqual(['/lat required'])
  })

  test('takes −1 for unknown where phones say so, and nowhere else', () => {
    expect(parse({ ...place, speed_mps: -1, heading_deg: -1, accuracy_m: -1, battery: -1 }).fix).toEqual(place)
    expect(codes({ ...place, speed_mps: -1.5 })).toEqual(['/speed_mps out_of_range'])
    expect(parse({ lat: -1, lng: -1, altitude_m: -1 }).fix).toEqual({ lat: -1, lng: -1, altitude_m: -1 })
  })

  test('names every fault with its pointer', () => {
    const faults = codes({ lat: 91, lng: 'x', accuracy_m: Number.NaN, id: 'a b', order_id: 7, timestamp: '1' })
    expect(faults).toEqual([
      '/lat out_of_range',
      '/lng wrong_type',
      '/accuracy_m wrong_type',
      '/order_id wrong_type',
      '/id invalid_id',
      '/timestamp wrong_type',
    ])
    expect(parse({ lat: 1 }, '/3').faults[0]?.pointer).toBe('/3/lng')
  })

  test('refuses what is no object', () => {
    for (const input of [null, 1, 'x', [place], undefined]) expect(codes(input)).toEqual([' wrong_type'])
  })

  test('takes the borders of each range', () => {
    expect(parse({ lat: 90, lng: -180, heading_deg: 360, battery: 100 }).faults).toEqual([])
    expect(codes({ lat: 90.000001, lng: 180.000001 })).toEqual(['/lat out_of_range', '/lng out_of_range'])
  })

  test('takes seconds or milliseconds, and fix_time_ms wins', () => {
    expect(parse({ ...place, timestamp: 1_760_000_000.1234 }).fix?.device_time_ms).toBe(1_760_000_000_123)
    expect(parse({ ...place, timestamp: 1, fix_time_ms: 1_760_000_000_456 }).fix?.device_time_ms).toBe(
      1_760_000_000_456,
    )
    expect(parse({ ...place, timestamp: 1_760_000_000, fix_time_ms: null }).fix?.device_time_ms).toBe(1_760_000_000_000)
  })

  test('says which unit was meant when a time is outside 2000–2100', () => {
    const inMs = parse({ ...place, timestamp: 1_760_000_000_000 }).faults[0]
    expect(inMs?.code).toBe('time_unit')
    expect(inMs?.detail).toContain('fix_time_ms')
    expect(codes({ ...place, fix_time_ms: 1_760_000_000 })).toEqual(['/fix_time_ms time_unit'])
    expect(parse({ ...place, fix_time_ms: 946_684_800_000 }).faults).toEqual([])
    expect(codes({ ...place, fix_time_ms: 946_684_799_999 })).toEqual(['/fix_time_ms time_unit'])
    expect(codes({ ...place, fix_time_ms: 4_102_444_800_000 })).toEqual(['/fix_time_ms time_unit'])
  })

  test('any JSON is a fix or has a fault, never both, never neither', () => {
    const almost = fc.record(
      { lat: fc.oneof(fc.double(), fc.jsonValue()), lng: fc.double(), id: fc.jsonValue(), timestamp: fc.jsonValue() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (input) => {
        const { fix, faults } = parse(input)
        expect(fix === undefined).toBe(faults.length > 0)
        if (fix !== undefined) {
          expect(Math.abs(fix.lat)).toBeLessThanOrEqual(90)
          expect(Math.abs(fix.lng)).toBeLessThanOrEqual(180)
        }
      }),
    )
  })
})

test('the schema names every field that parseFix reads', () => {
  const { properties, required } = fixSchema() as { properties: Record<string, unknown>; required: string[] }
  const all = ['partner_id', 'order_id', 'id', 'lat', 'lng', 'accuracy_m', 'speed_mps', 'heading_deg', 'altitude_m']
  expect(Object.keys(properties).sort()).toEqual([...all, 'battery', 'timestamp', 'fix_time_ms'].sort())
  expect(required).toEqual(['lat', 'lng'])
})
