/** `zlt completion`: scripts for shells, written from the tree of commands. */

import { Argument, Command } from 'commander'
import { bashScript } from './completion/bash'
import { fishScript } from './completion/fish'
import { nodesOf } from './completion/nodes'
import { zshScript } from './completion/zsh'
import { printLine } from './output'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript }

const EXAMPLES = `
Examples:
  source <(zlt completion bash)                                    bash, in ~/.bashrc
  zlt completion zsh > "\${fpath[1]}/_zlt"                           zsh
  zlt completion fish > ~/.config/fish/completions/zlt.fish        fish`

/**
 * The command.
 * @param buildWhole gives the program with every command in it
 */
export function completionCommand(buildWhole: () => Promise<Command>): Command {
  return new Command('completion')
    .description('write a completion script for bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: keyof typeof SCRIPTS) => printLine(SCRIPTS[shell](nodesOf(await buildWhole()))))
}
