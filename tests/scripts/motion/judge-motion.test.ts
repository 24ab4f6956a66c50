/** The judge sees each fault: what is measured by it is not measured in vain. */

import { describe, expect, test } from 'bun:test'
import { judgeMotion, type MarkerSample } from '../../../scripts/motion/judge-motion.ts'
import { cleanPlaces, liveliestPiece, pieceOf, truthAt } from '../../../scripts/motion/trip-piece.ts'
import { distanceM, moved } from '../../../web/track/geo.ts'

const start = { lng: 9.52, lat: 47.14 }
const mps = 10
const east = (m: number) => moved(start, 90, m)
const recorded = Array.from({ length: 61 }, (_, i) => ({ ...east(i * mps), timeMs: i * 1_000 }))
const piece = pieceOf(recorded, 0, 30_000)

/** A marker two seconds behind, at the place of `shiftM` beyond the truth. */
function samples(shiftM: (frame: number) => number, opacity: (frame: number) => number = () => 1): MarkerSample[] {
  return Array.from({ length: 500 }, (_, frame) => {
    const nowMs = 4_000 + frame * 16
    const shownMs = nowMs - 2_000
    const place = east((shownMs / 1_000) * mps + shiftM(frame))
    return { ...place, frameMs: frame * 16, nowMs, shownMs, opacity: opacity(frame) }
  })
}

describe('judgeMotion', () => {
  test('finds no fault in a marker that is where it says', () => {
    const verdict = judgeMotion(
      samples(() => 0),
      piece,
    )
    expect(verdict).toMatchObject({ backwardMoves: 0, wildFrames: 0, frozenShare: 0, fades: 0, offLineShare: 0 })
    expect(verdict.behindS).toBeCloseTo(2, 3)
    expect(verdict.errorThenM.p95).toBeLessThan(0.1)
    expect(verdict.errorNowM.p50).toBeCloseTo(20, 0)
    expect(verdict.framesPerSecond).toBeCloseTo(62.5, 1)
  })

  test('sees a marker that is elsewhere', () => {
    expect(
      judgeMotion(
        samples(() => 7),
        piece,
      ).errorThenM.p50,
    ).toBeCloseTo(7, 1)
  })

  test('sees one move back, and how far', () => {
    const verdict = judgeMotion(
      samples((frame) => (frame < 200 ? 0 : -2)),
      piece,
    )
    expect(verdict.backwardMoves).toBe(1)
    expect(verdict.farthestBackM).toBeCloseTo(2 - 0.16, 1)
  })

  test('sees a leap ahead as one wild frame', () => {
    const verdict = judgeMotion(
      samples((frame) => (frame < 200 ? 0 : 3)),
      piece,
    )
    expect(verdict.wildFrames).toBe(1)
    expect(verdict.fastestKmh).toBeCloseTo((3.16 / 0.016) * 3.6, -1)
  })

  test('sees a marker that jumps each second as frozen, and its jumps as wild', () => {
    const verdict = judgeMotion(
      samples((frame) => -((((4_000 + frame * 16) % 1_000) / 1_000) * mps)),
      piece,
    )
    expect(verdict.frozenShare).toBeWithin(0.7, 0.9)
    expect(verdict.wildFrames).toBe(7)
  })

  test('takes a fade for what it is', () => {
    const faded = samples(
      (frame) => (frame < 200 ? 0 : -100),
      (frame) => (Math.abs(frame - 200) < 9 ? Math.abs(frame - 200) / 9 : 1),
    )
    expect(judgeMotion(faded, piece)).toMatchObject({ fades: 1, backwardMoves: 0, wildFrames: 0 })
  })
})

describe('a piece of a trip', () => {
  test('leaves out what no vehicle can have done, and what is not later', () => {
    const points = [
      { ...east(0), timeMs: 0 },
      { ...east(900), timeMs: 1_000 },
      { ...east(20), timeMs: 2_000 },
      { ...east(30), timeMs: 2_000 },
      { ...east(40) },
    ]
    expect(cleanPlaces(points).map(({ timeMs }) => timeMs)).toEqual([0, 2_000])
  })

  test('is the one with the most movement', () => {
    const stood = Array.from({ length: 60 }, (_, i) => ({ ...start, timeMs: i * 1_000 }))
    const went = recorded.map((place) => ({ ...place, timeMs: place.timeMs + 60_000 }))
    const found = liveliestPiece([...stood, ...went], { leadMs: 5_000, watchedMs: 20_000 })
    expect(distanceM(truthAt(found.places, 10_000), truthAt(found.places, 0))).toBeCloseTo(100, 0)
    expect(() => liveliestPiece(stood, { leadMs: 5_000, watchedMs: 20_000 })).toThrow(RangeError)
  })

  test('has its own line, with the bends and without the points between', () => {
    expect(piece.line.points).toHaveLength(2)
    expect(piece.line.lengthM).toBeCloseTo(600, 0)
  })
})
