/** For how long a marker goes on by itself, and in what time it then comes to rest. */
const coastS = 3
const easeS = 1
const tauS = 2
/** Less than what is held as noise on the way back, so that a rider who stopped need not be moved back. */
const mostM = 28

/**
 * How far a marker has gone on by itself, `seconds` after the last fix that is known, and how fast it is then.
 *
 * It slows from the first moment on, rests after four seconds, and never goes further than 28 m.
 */
export function coast(mps: number, seconds: number): { meters: number; mps: number } {
  if (mps <= 0 || seconds <= 0) return { meters: 0, mps: Math.max(0, mps) }
  const tau = Math.min(tauS, mostM / mps)
  const t = Math.min(seconds, coastS)
  const slowed = mps * Math.exp(-t / tau)
  const meters = mps * tau * (1 - Math.exp(-t / tau))
  const eased = Math.min(easeS, seconds - t)
  return { meters: meters + slowed * (eased - eased ** 2 / (2 * easeS)), mps: slowed * (1 - eased / easeS) }
}

/** Whether it still moves then. */
export function isCoasting(mps: number, seconds: number): boolean {
  return mps > 0 && seconds < coastS + easeS
}
