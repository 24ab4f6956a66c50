/** One seeded generator for everything that is left to chance, so that a run can be repeated. */

/** A stream of random numbers; equal seeds give equal streams on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [min, max). */
  between(min: number, max: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** Standard normal: mean 0, deviation 1. */
  normal(): number
}

/**
 * Makes the stream named by `seed` and `label`. Streams of different labels are independent of each other, so one
 * rider's fate does not hang on how many others there are.
 */
export function createRandom(seed: number, label = ''): Random {
  let state = hash(`${seed}/${label}`)
  // The first outputs of nearby states resemble each other; a few steps part them.
  for (let i = 0; i < 4; i++) step()
  let spare: number | undefined

  function step(): number {
    // mulberry32, by Tommy Ettinger (public domain): 32 bits of state, enough for phases and noise.
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    // Box and Muller: two uniform numbers make two normal ones. 1 − u keeps the logarithm finite.
    const radius = Math.sqrt(-2 * Math.log(1 - step()))
    const angle = 2 * Math.PI * step()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  return {
    next: step,
    between: (min, max) => min + (max - min) * step(),
    chance: (p) => step() < p,
    normal,
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h | 0
}
