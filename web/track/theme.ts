import type { Theme } from './map-style.ts'

/** What the person chose; `auto` follows the system. */
export type ThemeChoice = 'auto' | Theme

/** The one thing this page stores. */
const key = 'zlt-theme'

const systemDark = () => window.matchMedia('(prefers-color-scheme: dark)')

/** The choice in force. */
export function themeChoice(): ThemeChoice {
  const chosen = document.documentElement.dataset.theme
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto'
}

/** What is to be seen now. */
export function currentTheme(): Theme {
  const choice = themeChoice()
  if (choice !== 'auto') return choice
  return systemDark().matches ? 'dark' : 'light'
}

/** Chooses, shows and remembers; where storage is forbidden the choice lasts as long as the page. */
export function chooseTheme(choice: ThemeChoice): void {
  const root = document.documentElement
  if (choice === 'auto') delete root.dataset.theme
  else root.dataset.theme = choice
  try {
    if (choice === 'auto') localStorage.removeItem(key)
    else localStorage.setItem(key, choice)
  } catch {
    // Forbidden storage is the person's decision.
  }
}

/** Calls `listener` when the system changes its mind. */
export function onSystemTheme(listener: () => void): void {
  systemDark().addEventListener('change', listener)
}
