/** The tree of commands. Only the command that runs is loaded; the others are a name and a line of help. */

import { Command } from 'commander'
import { VERSION } from '../src/version'

interface Entry {
  summary: string
  load(): Promise<Command>
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: {
    summary: 'everything on this machine: a server, riders that move, links to watch them',
    load: async () => (await import('./demo/command')).demoCommand(),
  },
  serve: { summary: 'run the server', load: async () => (await import('./serve')).serveCommand() },
  token: {
    summary: 'make a token for development, signed with the data folder’s key',
    load: async () => (await import('./token')).tokenCommand(),
  },
  user: {
    summary: 'create and manage users and their roles',
    load: async () => (await import('./user')).userCommand(),
  },
  order: {
    summary: 'create orders and move them along',
    load: async () => (await import('./order')).orderCommand(),
  },
  simulate: {
    summary: 'replay recordings as riders, with viewers that check what they are shown',
    load: async () => (await import('./simulate/command')).simulateCommand(),
  },
  backup: {
    summary: 'copy the data folder, whole and consistent, while the server runs',
    load: async () => (await import('./backup')).backupCommand(),
  },
  status: {
    summary: 'whether a server does its work, and why not',
    load: async () => (await import('./status')).statusCommand(),
  },
  grow: {
    summary: 'copy accounts and orders of a data folder into an empty Postgres',
    load: async () => (await import('./grow')).growCommand(),
  },
  config: { summary: 'show or check the settings', load: async () => (await import('./config')).configCommand() },
  completion: {
    summary: 'write a completion script for bash, zsh or fish',
    load: async () => (await import('./completion')).completionCommand(buildWholeProgram),
  },
}

const EXAMPLES = `
Examples:
  zlt serve                                 a server on http://127.0.0.1:8080, its data in ./zlt-data
  zlt order create --id order123 --drop 12.97,77.59
  zlt token --role CUSTOMER --sub c1 --order order123

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 cannot reach what it needs, 130 and 143 on signals.
zlt COMMAND --help tells more of each.`

/** Builds the program for these arguments (without the interpreter and the script). */
export async function buildProgram(args: readonly string[]): Promise<Command> {
  // `help X` needs X as much as `X --help` does.
  const name = args[0] === 'help' ? args[1] : args[0]
  return assemble(async (command, entry) => (command === name ? entry.load() : stub(command, entry)))
}

/** Builds the program with every command loaded. */
export function buildWholeProgram(): Promise<Command> {
  return assemble((_, entry) => entry.load())
}

async function assemble(make: (name: string, entry: Entry) => Promise<Command>): Promise<Command> {
  const program = new Command('zlt')
    .description('Real-time delivery tracking that a company runs itself.')
    .version(VERSION, '-V, --version', 'print the version')
    .showHelpAfterError('(zlt --help, or zlt COMMAND --help, tells more)')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
  for (const [name, entry] of Object.entries(COMMANDS)) adopt(program, await make(name, entry))
  return program
}

async function stub(name: string, entry: Entry): Promise<Command> {
  return new Command(name).description(entry.summary)
}

/** Adds a command so that it, and all below it, throw their usage errors to the one place that exits. */
function adopt(parent: Command, command: Command): void {
  parent.addCommand(command)
  const inherit = (from: Command, to: Command) => {
    to.copyInheritedSettings(from)
    for (const sub of to.commands) inherit(to, sub)
  }
  inherit(parent, command)
}
