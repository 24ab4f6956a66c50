import type { Theme } from './map-style.ts'
import { strings } from './strings.ts'
import { chooseTheme, currentTheme, onSystemTheme, themeChoice } from './theme.ts'

/** Fills the choice of appearance and tells whenever what is to be seen changes. */
export function openThemePicker(doc: Document, onTheme: (theme: Theme) => void): void {
  const group = doc.getElementById('theme')
  const legend = doc.createElement('legend')
  legend.textContent = strings.details.theme
  const choices = (['auto', 'light', 'dark'] as const).map((choice) => {
    const label = doc.createElement('label')
    const input = doc.createElement('input')
    input.type = 'radio'
    input.name = 'theme'
    input.value = choice
    input.checked = themeChoice() === choice
    input.addEventListener('change', () => {
      chooseTheme(choice)
      onTheme(currentTheme())
    })
    const text = doc.createElement('span')
    text.textContent = strings.details.themes[choice]
    label.append(input, text)
    return label
  })
  group?.append(legend, ...choices)
  onSystemTheme(() => onTheme(currentTheme()))
}
