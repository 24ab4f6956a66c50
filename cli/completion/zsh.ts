/** The script for zsh: a function for each command, by `_arguments` and `_describe`. */

import { type Flag, type Node, quoted } from './nodes'

/** Writes the script; a file `_zlt` on `fpath`, or `source <(zlt completion zsh)`, takes it. */
export function zshScript(nodes: readonly Node[]): string {
  return `#compdef zlt
# Completion of zlt for zsh: zlt completion zsh > "\${fpath[1]}/_zlt"
${nodes.map(functionOf).join('\n')}
# As a file on fpath this is called to complete; when sourced it has to be registered.
if [[ $funcstack[1] == _zlt ]]; then _zlt "$@"; else compdef _zlt zlt; fi`
}

function nameOf(path: readonly string[]): string {
  return ['_zlt', ...path].join('__')
}

function functionOf(node: Node): string {
  const specs = node.flags.flatMap(flagSpecs)
  if (node.commands.length === 0) {
    const args = node.args.map((values, at) =>
      quoted(`${at + 1}:argument:${values.length === 0 ? '' : `(${values.join(' ')})`}`),
    )
    return `${nameOf(node.path)}() {\n  _arguments ${[...specs, ...args].join(' \\\n    ')}\n}`
  }
  const commands = node.commands.map(({ name, meaning }) => quoted(`${name}:${meaning}`))
  const calls = node.commands.map(({ name }) => `      ${name}) ${nameOf([...node.path, name])} ;;`)
  return `${nameOf(node.path)}() {
  local line state
  _arguments -C ${[...specs, `'1: :->command'`, `'*:: :->rest'`].join(' \\\n    ')}
  case $state in
    command) local -a commands; commands=(${commands.join(' ')}); _describe command commands ;;
    rest) case $line[1] in
${calls.join('\n')}
    esac ;;
  esac
}`
}

function flagSpecs(flag: Flag): string[] {
  // Brackets end the explanation.
  const meaning = flag.meaning.replace(/[[\]\\]/g, '')
  const value =
    flag.values === undefined
      ? ''
      : flag.values === 'file'
        ? ':file:_files'
        : `:value:${flag.values.length === 0 ? '' : `(${flag.values.join(' ')})`}`
  return flag.names.map((name) => quoted(`${name}[${meaning}]${value}`))
}
