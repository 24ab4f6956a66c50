import { expect, test } from 'bun:test'
import { type Machine, planInstall, type SystemPackage } from '../../scripts/system-packages.ts'

const bare: Machine = { hasAptGet: false, isRoot: false, hasSudo: false, isMac: false }
const missing: SystemPackage[] = [
  { name: 'Alpha', present: () => false, apt: ['alpha', 'alpha-fonts'], brew: ['--cask', 'alpha'] },
  { name: 'Beta', present: () => false, apt: ['beta'], brew: ['beta'] },
]

test('root on Debian updates, then installs everything in one go', () => {
  expect(planInstall(missing, { ...bare, hasAptGet: true, isRoot: true })).toEqual({
    commands: [
      ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'update'],
      [
        ...['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '--no-install-recommends'],
        ...['alpha', 'alpha-fonts', 'beta'],
      ],
    ],
  })
})

test('another user goes by sudo that asks no password', () => {
  const plan = planInstall(missing, { ...bare, hasAptGet: true, hasSudo: true })
  if (!('commands' in plan)) throw new Error(plan.advice)
  expect(plan.commands.map((command) => command.slice(0, 3))).toEqual([
    ['sudo', '-n', 'env'],
    ['sudo', '-n', 'env'],
  ])
})

test('what is not in Homebrew is not looked for there', () => {
  const plan = planInstall([...missing, { name: 'Gamma', present: () => false, apt: ['gamma'], brew: [] }], {
    ...bare,
    isMac: true,
  })
  expect('advice' in plan && plan.advice).toContain('with your system')
})

test.each([
  [{ hasAptGet: true }, 'The tests need Alpha, Beta: sudo apt-get install alpha alpha-fonts beta'],
  [{ isMac: true }, 'The tests need Alpha, Beta: brew install --cask alpha && brew install beta'],
  [{ isRoot: true }, 'with your system'],
])('without a way to install (%p) it is one line of advice', (known, advice) => {
  const plan = planInstall(missing, { ...bare, ...known })
  if (!('advice' in plan)) throw new Error('expected advice')
  expect(plan.advice).toContain(advice)
  expect(plan.advice).not.toContain('\n')
})
