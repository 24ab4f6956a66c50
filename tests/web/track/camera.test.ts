import { describe, expect, test } from 'bun:test'
import { boundsOf, cameraMove } from '../../../web/track/camera.ts'

const phone = { size: { width: 390, height: 844 }, inset: { top: 0, right: 0, bottom: 244, left: 0 }, zoomGain: 0 }

describe('cameraMove', () => {
  test('stays while the rider is in the middle of what the sheet leaves free', () => {
    expect(cameraMove({ ...phone, held: false, rider: { x: 195, y: 300 } })).toBe('stay')
    expect(cameraMove({ ...phone, held: false, rider: { x: 60, y: 120 } })).toBe('stay')
  })

  test('follows a rider that nears an edge, or the sheet', () => {
    expect(cameraMove({ ...phone, held: false, rider: { x: 385, y: 300 } })).toBe('fit')
    expect(cameraMove({ ...phone, held: false, rider: { x: 195, y: 596 } })).toBe('fit')
    expect(cameraMove({ ...phone, held: false, rider: { x: 195, y: -20 } })).toBe('fit')
  })

  test('closes in when a much nearer view holds all', () => {
    expect(cameraMove({ ...phone, held: false, rider: { x: 195, y: 300 }, zoomGain: 1 })).toBe('fit')
  })

  test('never moves while the person holds the map', () => {
    expect(cameraMove({ ...phone, held: true, rider: { x: -500, y: -500 }, zoomGain: 5 })).toBe('stay')
  })
})

describe('boundsOf', () => {
  test('holds all places', () => {
    const places = [
      { lng: 2, lat: 10 },
      { lng: 1, lat: 30 },
    ]
    expect(boundsOf(places)).toEqual([
      [1, 10],
      [2, 30],
    ])
  })

  test('is nothing without places', () => {
    expect(boundsOf([])).toBeUndefined()
  })
})
