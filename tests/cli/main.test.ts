import { describe, expect, test } from 'bun:test'
import type { Command } from 'commander'
import { buildProgram, buildWholeProgram } from '../../cli/program'
import { version } from '../../package.json' with { type: 'json' }
import { MAIN, runZlt } from './run-zlt'

describe('how it ends', () => {
  test('without arguments: help on stderr, exit 2', async () => {
    const { code, stdout, stderr } = await runZlt([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toStartWith('Usage: zlt')
  })

  test('--help and --version: stdout, exit 0', async () => {
    const help = await runZlt(['--help'])
    expect([help.code, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage, 3 cannot reach')
    expect(await runZlt(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each([
    [['serv'], '(Did you mean serve?)'],
    [['user'], 'Usage: zlt user'],
    [['user', 'lst'], '(Did you mean list?)'],
    [['order', 'list', '--statu', 'created'], '(Did you mean --status?)'],
    [['order', 'list', '--status', 'lost'], 'Allowed choices are created'],
    [['order', 'create', '--drop', '91,0'], 'Write lat,lng or lat,lng,name'],
    [['order', 'assign', 'o1'], "missing required argument 'partner'"],
    [['order', 'plan'], "missing required argument 'partner'"],
    [['order', 'plan', 'dp1', 'o1', 'o 2'], 'An id is 1–64'],
    [['serve', 'now'], 'too many arguments'],
    [['serve', '--port', 'x'], '--port is "x": write a whole number'],
  ])('wrong usage says so and exits 2: %j', async (args, words) => {
    const { code, stdout, stderr } = await runZlt(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(words)
  })

  test('a reader that closes the pipe early is no failure', async () => {
    const child = Bun.spawn(
      ['bash', '-c', 'set -o pipefail; "$0" "$1" completion bash | head -n 1', process.execPath, MAIN],
      {
        env: { PATH: process.env.PATH ?? '' },
        stderr: 'pipe',
      },
    )
    expect(await new Response(child.stderr).text()).toBe('')
    expect(await child.exited).toBe(0)
  })

  test('an output that cannot be written is said, and exits 1', async () => {
    // Opened for reading only, it refuses as a full disk does, on every system.
    const child = Bun.spawn(['bash', '-c', '"$0" "$1" completion bash 1</dev/null', process.execPath, MAIN], {
      env: { PATH: process.env.PATH ?? '' },
      stderr: 'pipe',
    })
    expect(await new Response(child.stderr).text()).toStartWith('error: the output cannot be written: ')
    expect(await child.exited).toBe(1)
  })
})

describe('help', () => {
  /** The whole help, with what was added after it. */
  function helpOf(command: Command): string {
    let help = ''
    command.configureOutput({ writeOut: (words) => (help += words) }).outputHelp()
    return help
  }

  test('each command that does something is described, with an example', async () => {
    const lacking: string[] = []
    const walk = (command: Command, path: string) => {
      const isLeaf = command.commands.length === 0
      if (command.description() === '' || (isLeaf && !helpOf(command).includes(`\n  ${path}`))) lacking.push(path)
      for (const option of command.options) if (option.description === '') lacking.push(`${path} ${option.flags}`)
      for (const sub of command.commands) walk(sub, `${path} ${sub.name()}`)
    }
    walk(await buildWholeProgram(), 'zlt')
    expect(lacking.filter((path) => path !== 'zlt completion')).toEqual([])
  })

  test('a command is described the same whether it is loaded or only listed', async () => {
    const described = (program: Command) => program.commands.map((command) => [command.name(), command.description()])
    expect(described(await buildProgram([]))).toEqual(described(await buildWholeProgram()))
  })

  test('says the defaults and the variables of settings', async () => {
    expect((await runZlt(['serve', '--help'])).stdout).toContain('(default: 8080; ZLT_PORT)')
    expect((await runZlt(['help', 'order'])).stdout).toContain('assign')
  })
})
