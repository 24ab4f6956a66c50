/** How the values of settings are found: flags, variables, the file, defaults. The only place that reads `process.env`. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Config,
  isDistributed,
  SETTING_LIST,
  type SettingEntry,
  type Source,
  type Sources,
  withoutPassword,
} from './config'
import { contradictions } from './contradictions'
import { nearestName } from './did-you-mean'
import { readSecretFile } from './secret-file'

/** Everything that is wrong with the settings, not only the first; each problem is a sentence that says what to write. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
  }
}

/** The file that is read when none is named. */
export const DEFAULT_FILE = 'zlt.json'

/** What `loadConfig` looks at. */
export interface ConfigInput {
  /** Parsed flags by the setting's key (`publicUrl`); absent and undefined ones do not count. */
  flags?: Readonly<Record<string, unknown>>
  env?: Readonly<Record<string, string | undefined>>
  /** A file that must exist; without it `zlt.json` of the working directory is read if there is one, and null reads none. */
  file?: string | null | undefined
}

/**
 * Finds the value of every setting: flag, then variable, then file, then default. An empty variable counts as absent.
 * What may be secret can be in a file of its own, that the variable `ZLT_…_FILE` or the name `…File` names.
 * @throws ConfigError with every unknown name, bad value and contradiction found
 */
export function loadConfig(input: ConfigInput = {}): { config: Config; sources: Sources } {
  const problems: string[] = []
  const given = { flags: input.flags ?? {}, env: input.env ?? process.env, file: readFile(input.file, problems) }
  refuseUnknown(given, problems)

  const config: Record<string, unknown> = {}
  const sources: Record<string, Source> = {}
  for (const setting of SETTING_LIST) {
    const { name, kind, secret } = setting
    config[name] = setting.default
    sources[name] = 'default'
    let found: Found | undefined
    try {
      found = find(setting, given)
      if (found === undefined) continue
      config[name] = kind.parse(found.raw)
      sources[name] = found.source
    } catch (error) {
      const isShown = found !== undefined && !secret && !found.isSecretFile
      const shown = isShown ? ` is ${withoutPassword(JSON.stringify(found?.raw))}` : ''
      const where = found === undefined ? '' : `${found.where}${shown}: `
      problems.push(`${where}${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const checked = config as unknown as Config
  if (problems.length === 0) problems.push(...contradictions(checked))
  if (problems.length > 0) throw new ConfigError(problems)
  return { config: isDistributed(checked) ? checked : { ...checked, partitions: 1 }, sources: sources as Sources }
}

interface SettingsFile {
  path: string
  values: Record<string, unknown>
}

interface Given {
  flags: NonNullable<ConfigInput['flags']>
  env: NonNullable<ConfigInput['env']>
  file: SettingsFile
}

/** A value as it was written. */
interface Found {
  raw: unknown
  /** For people. */
  where: string
  source: Source
  isSecretFile: boolean
}

/** @throws Error with the whole sentence: a value is given twice, or its file cannot be read */
function find({ key, flag, variable, byFile }: SettingEntry, { flags, env, file }: Given): Found | undefined {
  if (flags[key] !== undefined) {
    return { raw: flags[key], where: flag ?? key, source: 'flag', isSecretFile: false }
  }
  const value = isFromKubernetes(variable, env[variable]) ? undefined : env[variable] || undefined
  const named = byFile && (env[byFile.variable] || undefined)
  const inEnv = chooseOne('variable', variable, value, byFile?.variable, named, '')
  return (
    inEnv ?? chooseOne('file', key, file.values[key], byFile?.key, byFile && file.values[byFile.key], `${file.path}: `)
  )
}

/** The value itself, or what the named file holds; not both. */
function chooseOne(
  source: 'variable' | 'file',
  name: string,
  value: unknown,
  fileName: string | undefined,
  path: unknown,
  prefix: string,
): Found | undefined {
  if (fileName === undefined || path === undefined) {
    return value === undefined ? undefined : { raw: value, where: prefix + name, source, isSecretFile: false }
  }
  const where = prefix + fileName
  if (value !== undefined) throw new Error(`${prefix}${name} and ${fileName} are both set: leave one of them out`)
  return { raw: readSecretFile(path, where), where, source: `${source} ${fileName}`, isSecretFile: true }
}

function readFile(named: string | null | undefined, problems: string[]): SettingsFile {
  const path = named ?? DEFAULT_FILE
  const empty = { path, values: {} }
  if (named === null) return empty
  let content: string
  try {
    content = readFileSync(resolve(path), 'utf8')
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isAbsent) problems.push(`${path} cannot be read: ${(error as Error).message}`)
    else if (named !== undefined) problems.push(`${path} does not exist; name an existing file`)
    return empty
  }
  try {
    const values: unknown = JSON.parse(content)
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
      return { path, values: values as Record<string, unknown> }
    }
    problems.push(`${path} must hold one JSON object, such as {"port": 8080}`)
  } catch (error) {
    problems.push(`${path} is not valid JSON: ${(error as Error).message}`)
  }
  return empty
}

function refuseUnknown({ flags, env, file }: Given, problems: string[]): void {
  const flagKeys = SETTING_LIST.map(({ key }) => key)
  const fileKeys = SETTING_LIST.flatMap(({ key, byFile }) => (byFile ? [key, byFile.key] : [key]))
  const variables = SETTING_LIST.flatMap(({ variable, byFile }) => (byFile ? [variable, byFile.variable] : [variable]))
  const refuse = (where: string, name: string, known: readonly string[]) => {
    const nearest = nearestName(name, known)
    problems.push(`${where} is not a setting; ${nearest ? `did you mean ${nearest}?` : 'see zlt config print for all'}`)
  }
  for (const key of Object.keys(flags)) if (!flagKeys.includes(key)) refuse(`the flag ${key}`, key, flagKeys)
  for (const key of Object.keys(file.values)) if (!fileKeys.includes(key)) refuse(`${file.path}: ${key}`, key, fileKeys)
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('ZLT_') && !variables.includes(name) && !isFromKubernetes(name, value)) {
      refuse(name, name, variables)
    }
  }
}

/** Kubernetes puts variables of its own beside ours for each Service called zlt… ("service links"): not settings. */
function isFromKubernetes(name: string, value: string | undefined): boolean {
  if (/_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value ?? '')
}
