import { createRequire } from 'node:module'

/**
 * Loads a package that is needed only now, at once and synchronously; undefined when it is not installed or has no build
 * for this machine. `__filename` stands in where this file became part of a CommonJS bundle.
 */
export function loadOptional<T>(name: string): T | undefined {
  try {
    return createRequire(import.meta.url ?? __filename)(name) as T
  } catch {
    return undefined
  }
}
