/** The pages that people see: found packed in the executable, or as the last build left them when run from source. */

import packPath from '../../dist/web.pack' with { type: 'file' }
import type { Config } from '../config'
import { type Assets, openAssets } from './assets'

/** Opens the pages. */
export function openPages(config: Pick<Config, 'mapStyle'>): Promise<Assets> {
  return openAssets(packPath, config.mapStyle === undefined ? {} : { mapStyle: config.mapStyle })
}
