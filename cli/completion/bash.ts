/** The script for bash: finds the command that the words lead to, then offers what may follow. */

import { type Node, quoted } from './nodes'

/** Writes the script; `source <(zlt completion bash)` takes it. */
export function bashScript(nodes: readonly Node[]): string {
  const steps = nodes.filter((node) => node.path.length > 0).map((node) => quoted(` ${node.path.join(' ')}`))
  return `# Completion of zlt for bash: source <(zlt completion bash)
_zlt() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= args=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${steps.join('|')}) path="$path \${COMP_WORDS[i]}"; args=0 ;;
      *) args=$((args + 1)) ;;
    esac
  done
  case "$path $prev" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur != -* ]]; then
    case "$path $args" in
${nodes.flatMap(argumentCases).join('\n')}
    esac
  fi
  case "$path" in
${nodes.map(wordCase).join('\n')}
  esac
}
complete -o default -F _zlt zlt`
}

function pathOf(node: Node): string {
  return node.path.map((word) => ` ${word}`).join('')
}

/** After a flag that takes a value: its values, files, or nothing at all. */
function valueCases(node: Node): string[] {
  return node.flags.flatMap((flag) => {
    if (flag.values === undefined) return []
    const patterns = flag.names.map((name) => quoted(`${pathOf(node)} ${name}`)).join('|')
    if (flag.values === 'file') return [`    ${patterns}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`]
    if (flag.values.length === 0) return [`    ${patterns}) compopt +o default; return ;;`]
    return [`    ${patterns}) ${offer(flag.values)}; return ;;`]
  })
}

/** For a positional argument with few values. Words that are a flag's value are counted too: good enough for a hint. */
function argumentCases(node: Node): string[] {
  return node.args.flatMap((values, at) =>
    values.length === 0 ? [] : [`      ${quoted(`${pathOf(node)} ${at}`)}) ${offer(values)}; return ;;`],
  )
}

function wordCase(node: Node): string {
  const words = [...node.commands.map(({ name }) => name), ...node.flags.flatMap(({ names }) => names)]
  return `    ${quoted(pathOf(node))}) ${offer(words)} ;;`
}

function offer(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))`
}
