/** How a contract is written: a list of named cases, run against what an adapter opens. */

import { describe, test } from 'bun:test'

/** What every factory opens, besides the port. */
export interface Opened {
  /** How long a case waits for what must come; by default long enough for a cluster that rebalances. */
  deadlineMs?: number
  cleanup(): Promise<void>
}

/** One MUST of a port. Throws when the adapter does not keep it. */
export interface ContractCase<O extends Opened> {
  name: string
  run(opened: O): Promise<void>
}

/** Cases that an adapter knowingly does not run, and why: so that no divergence goes unsaid. */
export interface Skip {
  reason: string
  tests: readonly string[]
}

/** Runs one case on a fresh opening, and cleans up. @throws what the case throws */
export async function runCase<O extends Opened>(one: ContractCase<O>, open: () => Promise<O>): Promise<void> {
  const opened = await open()
  try {
    await one.run(opened)
  } finally {
    await opened.cleanup()
  }
}

/** Registers each case as a test of its own. @throws Error when a skip names no case: it would hide nothing but a typo */
export function describeCases<O extends Opened>(
  name: string,
  cases: readonly ContractCase<O>[],
  open: () => Promise<O>,
  skips: readonly Skip[] = [],
): void {
  const names = new Set(cases.map((one) => one.name))
  if (names.size !== cases.length) throw new Error(`${name}: two cases have the same name`)
  const skipped = new Set(skips.flatMap(({ tests }) => tests))
  for (const test of skipped) if (!names.has(test)) throw new Error(`${name}: there is no case '${test}' to skip`)
  describe(name, () => {
    for (const one of cases) if (!skipped.has(one.name)) test(one.name, () => runCase(one, open), 60_000)
  })
}

/** An adapter that breaks one promise; `breaks` names the cases that must notice. */
export interface Broken<O extends Opened> {
  how: string
  breaks: readonly string[]
  open(): Promise<O>
}

/**
 * Registers a test for each case that a broken adapter must fail, and one that no case is without such an adapter: a
 * case that nothing ever failed proves nothing.
 */
export function describeBroken<O extends Opened>(
  name: string,
  cases: readonly ContractCase<O>[],
  broken: readonly Broken<O>[],
): void {
  const byName = new Map(cases.map((one) => [one.name, one]))
  describe(name, () => {
    for (const { how, breaks, open } of broken) {
      for (const caught of breaks) test(`one that ${how} is caught by: ${caught}`, () => mustFail(byName, caught, open))
    }
    test('every case can fail', () => {
      const proven = new Set(broken.flatMap(({ breaks }) => breaks))
      const unproven = [...byName.keys()].filter((one) => !proven.has(one))
      if (unproven.length > 0) throw new Error(`no broken adapter fails: ${unproven.join('; ')}`)
    })
  })
}

async function mustFail<O extends Opened>(
  cases: ReadonlyMap<string, ContractCase<O>>,
  name: string,
  open: () => Promise<O>,
): Promise<void> {
  const one = cases.get(name)
  if (one === undefined) throw new Error(`there is no case '${name}'`)
  let failure: unknown
  await runCase(one, open).catch((error) => {
    failure = error
  })
  if (failure === undefined) throw new Error(`'${name}' passed on a broken adapter`)
  // A mistake in the case or in the broken adapter must not count as having noticed.
  if (failure instanceof TypeError || failure instanceof ReferenceError) throw failure
}
