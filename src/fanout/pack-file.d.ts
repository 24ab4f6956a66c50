/** The packed pages, embedded by `bun build --compile`: the import is the path to read them from. */
declare module '*.pack' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: this is the form that Bun gives to a file import
  export default path
}
