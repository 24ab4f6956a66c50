import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeRecord, type LocationRecord, parseRecord } from '../../src/domain/location-record'

const NOW = 1_760_000_000_000
const of = {
  partnerId: 'dp1',
  orderId: 'o1',
  assignment: 7,
  vouched: false,
  fixTimeMs: NOW + 123,
  receivedMs: NOW + 131,
}
const foreign = (value: unknown) => parseRecord(JSON.stringify(value), false, NOW)
const theSeeds = { partner_id: 'dp1', order_id: 'o1', lat: 12.97, lng: 77.59, timestamp: NOW / 1000 - 5 }

describe('our records', () => {
  test('come back as they were written, with the five names of the seed', () => {
    const fix = { lat: 12.97, lng: 77.59, device_time_ms: NOW, accuracy_m: 8, speed_mps: 3, id: 'f1' }
    const more = { heading_deg: 90, altitude_m: 400, battery: 55 }
    const record = parseRecord(encodeRecord({ ...fix, ...more }, of), true, NOW)
    expect(record).toEqual({
      partner_id: 'dp1',
      order_id: 'o1',
      lat: 12.97,
      lng: 77.59,
      timestamp: NOW / 1000,
      device_time_ms: NOW,
      fix_time_ms: NOW + 123,
      received_ms: NOW + 131,
      assignment: 7,
      accuracy_m: 8,
      speed_mps: 3,
      id: 'f1',
      ...more,
    })
  })

  test('say when a token vouched for the order', () => {
    const value = encodeRecord({ lat: 1, lng: 2 }, { ...of, assignment: 0, vouched: true })
    expect(parseRecord(value, true, NOW)).toMatchObject({ assignment: 0, vouched: true, device_time_ms: NOW + 131 })
  })

  test('are poison without a time or an assignment', () => {
    const record = JSON.parse(encodeRecord({ lat: 1, lng: 2 }, of)) as Record<string, unknown>
    for (const name of ['fix_time_ms', 'received_ms', 'device_time_ms', 'assignment', 'lat', 'partner_id']) {
      expect(parseRecord(JSON.stringify({ ...record, [name]: undefined }), true, NOW)).toBe('wrong_shape')
    }
  })
})

describe('another program’s records', () => {
  test('are completed from the seed’s five names, and carry no assignment', () => {
    expect(foreign(theSeeds)).toEqual({
      ...theSeeds,
      device_time_ms: NOW - 5_000,
      fix_time_ms: NOW - 5_000,
      received_ms: NOW,
    })
    expect(foreign({ ...theSeeds, assignment: 9, vouched: true })).not.toHaveProperty('assignment')
    expect(foreign({ ...theSeeds, vouched: true })).not.toHaveProperty('vouched')
  })

  test('may not come from after their append', () => {
    expect(foreign({ ...theSeeds, timestamp: NOW / 1000 + 60 })).toMatchObject({
      fix_time_ms: NOW,
      timestamp: NOW / 1000,
      device_time_ms: NOW + 60_000,
    })
  })

  test('keep the sane extras and lose the others', () => {
    const record = foreign({ ...theSeeds, accuracy_m: 9, speed_mps: -4, heading_deg: 400, id: 'a b', fix_time_ms: NOW })
    expect(record).toMatchObject({ accuracy_m: 9, fix_time_ms: NOW })
    for (const name of ['speed_mps', 'heading_deg', 'id']) expect(record).not.toHaveProperty(name)
  })

  test('are poison when they cannot be read, and say why', () => {
    expect(parseRecord(null, false, NOW)).toBe('null_value')
    expect(parseRecord('{"lat":1', false, NOW)).toBe('bad_json')
    for (const value of [
      null,
      7,
      [],
      { ...theSeeds, lat: '1' },
      { ...theSeeds, lng: 181 },
      { ...theSeeds, order_id: '' },
    ]) {
      expect(foreign(value)).toBe('wrong_shape')
    }
    expect(foreign({ ...theSeeds, timestamp: undefined })).toBe('wrong_shape')
  })

  test('whatever they hold: a record with sane numbers, or a reason', () => {
    const value = fc.record({
      partner_id: fc.oneof(fc.constant('dp1'), fc.jsonValue()),
      order_id: fc.oneof(fc.constant('o1'), fc.jsonValue()),
      lat: fc.oneof(fc.double(), fc.jsonValue()),
      lng: fc.oneof(fc.double({ min: -180, max: 180 }), fc.jsonValue()),
      timestamp: fc.oneof(fc.double({ noNaN: true }), fc.jsonValue()),
      accuracy_m: fc.jsonValue(),
    })
    fc.assert(
      fc.property(value, (raw) => {
        const record = foreign(raw)
        if (typeof record === 'string') return
        const { lat, lng, fix_time_ms, accuracy_m }: LocationRecord = record
        expect(Math.abs(lat) <= 90 && Math.abs(lng) <= 180).toBe(true)
        expect(fix_time_ms).toBeLessThanOrEqual(NOW)
        expect(accuracy_m === undefined || accuracy_m >= 0).toBe(true)
      }),
    )
  })
})
