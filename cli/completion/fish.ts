/** The script for fish: one `complete` a command and a flag, each with the condition under which it is offered. */

import { type Flag, type Node, quoted } from './nodes'

/** Writes the script; `~/.config/fish/completions/zlt.fish` takes it. */
export function fishScript(nodes: readonly Node[]): string {
  return `# Completion of zlt for fish: zlt completion fish > ~/.config/fish/completions/zlt.fish
# True when the words so far, flags aside, begin with the given command and no command below it follows.
function __zlt_at
  set -l words (commandline -opc)[2..-1]
  set -l plain (string match -v -- '-*' $words)
  set -l depth (count $argv)
  test (count $plain) -ge $depth; or return 1
  test $depth -eq 0; or test "$plain[1..$depth]" = "$argv"; or return 1
  test (count $plain) -gt $depth; or return 0
  not contains -- (string join ' ' $plain[1..(math $depth + 1)]) $__zlt_paths
end
set -g __zlt_paths ${nodes
    .filter((node) => node.path.length > 0)
    .map((node) => quoted(node.path.join(' ')))
    .join(' ')}
complete -c zlt -f
${nodes.flatMap(linesOf).join('\n')}`
}

function linesOf(node: Node): string[] {
  const condition = quoted(['__zlt_at', ...node.path].join(' '))
  const commands = node.commands.map(
    ({ name, meaning }) => `complete -c zlt -n ${condition} -a ${name} -d ${quoted(meaning)}`,
  )
  const args = node.args
    .filter((values) => values.length > 0)
    .map((values) => `complete -c zlt -n ${condition} -a ${quoted(values.join(' '))}`)
  return [...commands, ...node.flags.map((flag) => flagLine(flag, condition)), ...args]
}

function flagLine(flag: Flag, condition: string): string {
  const names = flag.names
    .map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
    .join(' ')
  const value =
    flag.values === undefined
      ? ''
      : flag.values === 'file'
        ? ' -r -F'
        : flag.values.length === 0
          ? ' -x'
          : ` -x -a ${quoted(flag.values.join(' '))}`
  return `complete -c zlt -n ${condition} ${names}${value} -d ${quoted(flag.meaning)}`
}
