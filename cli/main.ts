#!/usr/bin/env bun
/** The program's entry, and the one place where a command's end becomes an exit code. */

import { CommanderError } from 'commander'
import { ConfigError } from '../src/load-config'
import { CliError, EXIT } from './exit'
import { tell } from './output'
import { buildProgram } from './program'

// `zlt order list | head` closes the pipe early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  tell(`error: the output cannot be written: ${error.message}`)
  process.exit(EXIT.failed)
})

try {
  const args = process.argv.slice(2)
  const program = await buildProgram(args)
  if (args.length === 0) {
    // Nothing was asked for, so nothing was done: help for the person, a failure for the script.
    program.outputHelp({ error: true })
    process.exitCode = EXIT.usage
  } else {
    await program.parseAsync(args, { from: 'user' })
  }
} catch (error) {
  process.exitCode = report(error)
}

/** Tells what went wrong; gives the exit code for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help or version that was asked for.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  if (error instanceof CliError) {
    tell(`error: ${error.message}`)
    for (const line of error.lines) tell(`  ${line}`)
    return error.exitCode
  }
  if (error instanceof ConfigError) {
    for (const problem of error.problems) tell(`error: ${problem}`)
    return EXIT.usage
  }
  tell(`error: ${error instanceof Error ? error.stack : String(error)}`)
  return EXIT.failed
}
