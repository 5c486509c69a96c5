/**
 * The language in which messages are described: one value over all versions, from which the decoded type, the type that
 * an encoder takes, and the codec of each version follow (compile.ts, interpret.ts).
 */

/** Versions from `min` to `max`, both included. */
export type Versions = readonly [min: number, max: number]

export type Kind =
  | 'bool'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'u16'
  | 'u32'
  | 'f64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct'

export interface Spec {
  readonly kind: Kind
  /** What a reader sees, and a writer may leave out, in a version that lacks the field. */
  readonly absent: unknown
  readonly versions: Versions
  readonly nullable?: Versions
  readonly tag?: number
  readonly ignorable?: boolean
  /** A writer may leave it out: it has a default or a tag. */
  readonly optional?: boolean
  /** Array: its element. */
  readonly of?: Field
  /** Struct: its fields in wire order. */
  readonly fields?: Fields
  /** Keeps its non-compact encoding in flexible versions (only the client id of the request header). */
  readonly neverFlexible?: boolean
}

export type Fields = { readonly [name: string]: Field }

// biome-ignore lint/suspicious/noExplicitAny: unknown would not do, since Out and In vary in opposite ways.
export type Field<Out = any, In = any, Optional extends boolean = boolean> = FieldOf<Out, In, Optional>

/** A field of a message. Immutable: every method gives a new one. `Out` is what decoding gives, `In` what encoding takes. */
class FieldOf<Out, In, Optional extends boolean> {
  declare readonly Out: Out
  declare readonly In: In
  declare readonly Optional: Optional
  readonly spec: Spec

  constructor(spec: Spec) {
    this.spec = spec
  }

  /** On the wire from version `min` to `max`; elsewhere decoding gives the default and encoding writes nothing. */
  in(min: number, max = Number.POSITIVE_INFINITY): Field<Out, In, Optional> {
    return new FieldOf({ ...this.spec, versions: [min, max] })
  }

  /** May be null from version `since` (to `until`). */
  nullable(since = 0, until = Number.POSITIVE_INFINITY): Field<Out | null, In | null, Optional> {
    return new FieldOf({ ...this.spec, nullable: [since, until] })
  }

  /** The value where it is absent; a writer may then leave the field out. */
  default(absent: Out): Field<Out, In, true> {
    return new FieldOf({ ...this.spec, absent: Object.freeze(absent), optional: true })
  }

  /** A tagged field (KIP-482): optional on the wire, skipped by a peer that does not know it. */
  tag(tag: number, since: number, until = Number.POSITIVE_INFINITY): Field<Out, In, true> {
    return new FieldOf({ ...this.spec, tag, versions: [since, until], optional: true })
  }

  /** A value other than the default may be dropped when encoding a version without the field; otherwise encoding fails. */
  ignorable(): Field<Out, In, Optional> {
    return new FieldOf({ ...this.spec, ignorable: true })
  }

  neverFlexible(): Field<Out, In, Optional> {
    return new FieldOf({ ...this.spec, neverFlexible: true })
  }
}

type Show<T> = { [K in keyof T]: T[K] } & {}
type Omittable<F extends Fields> = { [K in keyof F]: F[K]['Optional'] extends true ? K : never }[keyof F]

/** What decoding gives: every field, whatever the version. */
export type Decoded<F extends Fields> = { -readonly [K in keyof F]: F[K]['Out'] }

/** What encoding takes: only a field with a default, or a tagged one, may be left out. */
export type Encodable<F extends Fields> = Show<
  { [K in Exclude<keyof F, Omittable<F>>]: F[K]['In'] } & {
    [K in Omittable<F>]?: F[K]['In'] | undefined
  }
>

const ALL: Versions = [0, Number.POSITIVE_INFINITY]
const leaf = <Out, In = Out>(kind: Kind, absent: Out): Field<Out, In, false> =>
  new FieldOf({ kind, absent, versions: ALL })

export const bool = leaf<boolean>('bool', false)
export const i8 = leaf('i8', 0)
export const i16 = leaf('i16', 0)
export const i32 = leaf('i32', 0)
/** int64, always a bigint: nanosecond timestamps exceed 2^53. */
export const i64 = leaf('i64', 0n)
export const u16 = leaf('u16', 0)
export const u32 = leaf('u32', 0)
export const f64 = leaf('f64', 0)
/** 16 bytes as Kafka prints them: 22 characters of base64url. */
export const uuid = leaf('uuid', 'AAAAAAAAAAAAAAAAAAAAAA')
export const string = leaf('string', '')
/** A view of the frame: copy what outlives the request. */
export const bytes = leaf<Buffer>('bytes', Buffer.alloc(0))
/** Record batches as they lie on the wire: decoded to one view, encoded from one buffer or several by reference. */
export const records = leaf<Buffer | null, Buffer | readonly Buffer[] | null>('records', null)

export const struct = <F extends Fields>(fields: F): Field<Decoded<F>, Encodable<F>, false> =>
  new FieldOf({ kind: 'struct', absent: undefined, versions: ALL, fields })

export function array<Out, In>(of: Field<Out, In>): Field<Out[], readonly In[], false>
export function array<F extends Fields>(of: F): Field<Decoded<F>[], readonly Encodable<F>[], false>
export function array(of: Field | Fields): Field {
  return new FieldOf({
    kind: 'array',
    absent: Object.freeze([]),
    versions: ALL,
    of: of instanceof FieldOf ? of : struct(of),
  })
}
