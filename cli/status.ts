/** `zlt status`: whether a process does its work, and why not. */

import { Command } from 'commander'
import type { Body } from '../src/http/schemas'
import { CliError, EXIT } from './exit'
import { printJson, printLine } from './output'
import { addSettings, settingsOf } from './setting-options'

const ANSWER_TIMEOUT_MS = 5_000

const NOTES = `
Examples:
  zlt status
  zlt status --url http://10.0.0.7:8080 --json

Asks /readyz and /healthz, for which it needs no token. Exits 0 when it is ready or degraded (it serves, and something
it can do without is away), 1 when it is unready, 3 when nothing answers.`

/** What is printed with `--json`. */
interface Status extends Body<'Readiness'> {
  url: string
  role: string
  version: string
}

/** The command. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('whether a server does its work, and why not')
    .option('--json', 'as JSON: {url, role, version, status, reasons}')
    .addHelpText('after', NOTES)
  addSettings(command, ['url'])
  return command.action(async (options: { json?: boolean }) => {
    const { url } = settingsOf(command).config
    const [health, readiness] = await Promise.all([
      ask<Body<'Health'>>(url, '/healthz'),
      ask<Body<'Readiness'>>(url, '/readyz'),
    ])
    const status: Status = { url, role: health.service, version: health.version, ...readiness }
    if (options.json) printJson(status)
    else {
      printLine(`${status.url}: role ${status.role}, version ${status.version}: ${status.status}`)
      for (const reason of status.reasons) printLine(`  ${reason}`)
    }
    // What is wrong has been printed.
    if (status.status === 'unready') process.exitCode = EXIT.failed
  })
}

/** The body of an answer, whatever its status: an unready server answers 503. @throws CliError unreachable, failed */
async function ask<T extends { status: string }>(url: string, path: string): Promise<T> {
  let text: string
  try {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), redirect: 'manual' })
    text = await response.text()
  } catch (cause) {
    throw new CliError(EXIT.unreachable, `no answer from ${url}`, ['is it running, and is --url right?'], { cause })
  }
  try {
    const value = JSON.parse(text) as T | null
    if (typeof value?.status === 'string') return value
  } catch {}
  throw new CliError(EXIT.failed, `${url}${path} did not answer as zlt does`, ['is --url right?'])
}
