// The bundler gives a file imported with { type: 'file' } its hashed name, and yields the path it is served under.
declare module 'maplibre-gl/dist/maplibre-gl-worker.mjs' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: the bundler's form
  export default path
}

declare module 'maplibre-gl/dist/maplibre-gl.css' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: the bundler's form
  export default path
}
