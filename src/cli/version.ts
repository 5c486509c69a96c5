/** Put in by the build (scripts/build.ts); absent when the sources run as they are. */
declare const ODRADEK_VERSION: string | undefined

/** The version of this package. */
export const VERSION: string = typeof ODRADEK_VERSION === 'string' ? ODRADEK_VERSION : 'from source'
