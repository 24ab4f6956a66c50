import { existsSync } from 'node:fs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macPrograms = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Finds the Chromium or Chrome that tests of pages run in: the first on the PATH, else where macOS keeps programs. */
export function findChromium(): string | undefined {
  for (const name of names) {
    const program = Bun.which(name)
    if (program !== null) return program
  }
  return macPrograms.find((program) => existsSync(program))
}
