/** Settings of what a test gives alone: neither this process's variables nor a file that lies about. */

import { ConfigError, type ConfigInput, loadConfig } from '../../src/load-config'

export function loadSettings(input: ConfigInput) {
  return loadConfig({ env: {}, file: null, ...input })
}

/** What is wrong with them; nothing when they hold. */
export function problemsOf(input: ConfigInput): readonly string[] {
  try {
    loadSettings(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
