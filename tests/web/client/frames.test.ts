import { describe, expect, test } from 'bun:test'
import { parseServerFrame, parseViewFrame } from '../../../web/client/frames.ts'

const order = { rev: 1, assignment: 0, status: 'created', timeline: [], visible: false, stops_before: 0 }

describe('parseServerFrame', () => {
  test.each([
    { type: 'view', order_id: 'o1', epoch: 1, now_ms: 5, order },
    { type: 'beat', now_ms: 5 },
    { type: 'end', order_id: 'o1', reason: 'delivered' },
    { type: 'error', order_id: 'o1', code: 'not_found' },
    { type: 'error', code: 'bad_frame' },
  ])('reads %j', (frame) => {
    expect(parseServerFrame(JSON.stringify({ ...frame, extra: 1 }))).toEqual(frame as never)
  })

  test.each([
    '{',
    'null',
    '[]',
    '5',
    '{"type":"weather"}',
    '{"type":"beat"}',
    '{"type":"end","order_id":"o1","reason":"bored"}',
    '{"type":"view","epoch":1}',
    '{"type":"error"}',
  ])('passes over %s', (text) => {
    expect(parseServerFrame(text)).toBeUndefined()
  })

  test('passes over what is not text', () => {
    expect(parseServerFrame(new ArrayBuffer(2))).toBeUndefined()
  })
})

describe('parseViewFrame', () => {
  test('leaves out a part it cannot steer by, and keeps the others', () => {
    const frame = parseViewFrame({ order_id: 'o1', epoch: 1, now_ms: 1, order, position: { at: 'x' }, route: null })
    expect(frame).toEqual({ type: 'view', order_id: 'o1', epoch: 1, now_ms: 1, order } as never)
  })

  test.each([null, 'x', {}, { order_id: 'o1' }, { epoch: 1 }])('%j is no view', (value) => {
    expect(parseViewFrame(value)).toBeUndefined()
  })
})
