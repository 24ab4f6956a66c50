/** The tree of commands as completion scripts need it. */

import type { Command } from 'commander'

/** A flag, and what may follow it. */
export interface Flag {
  /** `--port`, and the short form where there is one. */
  names: readonly string[]
  meaning: string
  /** The values to choose from; `file` for a path; undefined when it takes none, empty when anything may follow. */
  values: readonly string[] | 'file' | undefined
}

/** A command and what can stand after it. */
export interface Node {
  /** The words that lead here, without the program's name. */
  path: readonly string[]
  commands: readonly { name: string; meaning: string }[]
  flags: readonly Flag[]
  /** Values to choose from for each positional argument. */
  args: readonly (readonly string[])[]
}

/** Flags whose value is a path. */
const PATHS = ['<file>', '<folder>']

/** Walks the tree, parents before children. */
export function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const flags = command.options.map((option): Flag => {
    const names = [option.long, option.short].filter((name) => name !== undefined && name !== null)
    const isPath = PATHS.some((form) => option.flags.endsWith(form))
    const takesValue = option.required || option.optional
    // A setting's choices stand in its placeholder: `--role <all|auth>`.
    const choices = option.argChoices ?? /[<[](\w+(?:\|\w+)+)[>\]]$/.exec(option.flags)?.[1]?.split('|') ?? []
    return {
      names,
      meaning: firstSentence(option.description),
      values: isPath ? 'file' : takesValue ? choices : undefined,
    }
  })
  const help: Flag = { names: ['--help', '-h'], meaning: 'show help', values: undefined }
  const node: Node = {
    path,
    commands: command.commands.map((sub) => ({ name: sub.name(), meaning: firstSentence(sub.description()) })),
    flags: [...flags, help],
    args: command.registeredArguments.map((argument) => argument.argChoices ?? []),
  }
  return [node, ...command.commands.flatMap((sub) => nodesOf(sub, [...path, sub.name()]))]
}

function firstSentence(words: string): string {
  return words.split(/[.;:(]/, 1)[0]?.trim() ?? ''
}

/** A word for a shell: everything but a quote is itself within quotes. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
