/** Gets a password from the person or the pipe, without it ever having to be an argument. */

import type { Command } from 'commander'
import { CliError, EXIT } from './exit'

/** What the options of `addPasswordOptions` parse to. */
export interface PasswordOptions {
  password?: string
  passwordStdin?: boolean
}

/** Adds `--password-stdin` and `--password`. */
export function addPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .option('--password <password>', 'for development only: other users of the machine can read it')
}

/**
 * The password: from the option, from standard input, or asked for twice without showing it.
 * @throws CliError usage, when there is neither an option nor a terminal to ask on
 */
export async function readPassword(options: PasswordOptions): Promise<string> {
  if (options.password !== undefined) return options.password
  if (options.passwordStdin) return (await Bun.stdin.text()).replace(/\r?\n$/, '')
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, 'no password was given', [
      'pipe it in with --password-stdin, or run this on a terminal to be asked for it',
    ])
  }
  const password = await ask('Password: ')
  if ((await ask('Again: ')) !== password) throw new CliError(EXIT.failed, 'the two passwords differ')
  return password
}

/** Reads one line with the terminal's echo off; the prompt goes to stderr. */
function ask(prompt: string): Promise<string> {
  const { stdin } = process
  // Echo off first: who sees the prompt may type at once.
  stdin.setRawMode(true)
  stdin.resume()
  process.stderr.write(prompt)
  return new Promise((resolve) => {
    let line = ''
    const finish = () => {
      stdin.off('data', onData)
      stdin.pause()
      stdin.setRawMode(false)
      process.stderr.write('\n')
    }
    function onData(chunk: Buffer) {
      for (const key of chunk.toString('utf8')) {
        if (key === '\r' || key === '\n' || key === '\u0004') {
          finish()
          resolve(line)
          return
        }
        if (key === '\u0003') {
          // In raw mode Ctrl-C is a key and not a signal.
          finish()
          process.exit(EXIT.interrupted)
        }
        if (key === '\u007f' || key === '\b') line = [...line].slice(0, -1).join('')
        else line += key
      }
    }
    stdin.on('data', onData)
  })
}
