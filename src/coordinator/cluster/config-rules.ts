import type { ItemResult } from './commands.ts'
import type { ConfigResourceType } from './image.ts'

/** What the controller must know of settings to store them; the catalog of configs fulfils it. */
export interface ConfigRules {
  /** Whether `key` holds a comma-separated list: only those take APPEND and SUBTRACT. */
  isList(type: ConfigResourceType, key: string): boolean
  /** The value where nothing is set; null when there is none or the key is unknown. */
  defaultOf(type: ConfigResourceType, key: string): string | null
  /**
   * Checks a change. `settings` is everything that the resource would have set afterwards, `changed` the keys that the
   * request names (set or deleted). Null when all is well; otherwise INVALID_CONFIG, INVALID_REQUEST, … and why.
   */
  check(
    resource: { readonly type: ConfigResourceType; readonly name: string },
    settings: ReadonlyMap<string, string>,
    changed: ReadonlySet<string>,
  ): ItemResult | null
}
