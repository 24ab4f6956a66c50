/**
 * Runs a program to its end and gives its standard output.
 *
 * What the program says on standard error is shown only if it fails: tilemaker and apt-get are talkative.
 *
 * @throws Error with the command, its exit code and its standard error, for an exit code other than 0
 */
export async function runCommand(command: readonly string[], options: { readonly cwd: string }): Promise<string> {
  const child = Bun.spawn([...command], { cwd: options.cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}:\n${stderr}`)
  return stdout
}
