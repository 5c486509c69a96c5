/**
 * SCRAM (RFC 5802, RFC 7677) as Kafka speaks it: without channel binding, and with an extension by which a client says
 * that its password is a delegation token. Keys and messages only; who sends what when is the SASL layer's.
 *
 *     client  n,,n=USER,r=NONCE            server  r=NONCE+,s=SALT,i=ITERATIONS
 *     client  c=biws,r=NONCE+,p=PROOF      server  v=SIGNATURE
 */

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

const HASH = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
const KEY_BYTES = { 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 } as const
/** What a client says about channel binding: that it does not want it. */
const NO_CHANNEL_BINDING = 'n,,'

/** What a server keeps of a password: neither key lets anyone log in. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** Slow by design: `iterations` rounds of HMAC. Passwords are taken as they are, without SASLprep, as Kafka does. */
export const saltedPassword = (
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Buffer => pbkdf2Sync(password, salt, iterations, KEY_BYTES[mechanism], HASH[mechanism])

/** The credential that follows from a salted password, which is what AlterUserScramCredentials carries. */
export const scramCredential = (
  mechanism: ScramMechanism,
  salted: Buffer,
  salt: Buffer,
  iterations: number,
): ScramCredential => ({
  salt,
  iterations,
  storedKey: createHash(HASH[mechanism]).update(clientKey(mechanism, salted)).digest(),
  serverKey: hmac(mechanism, salted, 'Server Key'),
})

export const clientKey = (mechanism: ScramMechanism, salted: Buffer): Buffer =>
  hmac(mechanism, salted, 'Client Key')

export const clientFirstMessage = (username: string, nonce: string, tokenAuthenticated = false): string =>
  NO_CHANNEL_BINDING + clientFirstBare(username, nonce, tokenAuthenticated)

export const serverFirstMessage = (nonce: string, { salt, iterations }: ScramCredential): string =>
  `r=${nonce},s=${salt.toString('base64')},i=${iterations}`

/** What both sides sign: the exchange so far, of which `nonce` is the client's and the server's joined. */
export const authMessage = (clientFirst: string, serverFirst: string, nonce: string): string =>
  `${clientFirst.slice(NO_CHANNEL_BINDING.length)},${serverFirst},${clientFinalWithoutProof(nonce)}`

/** The client's proof that it knows the password: its key, masked by a signature of the exchange. */
export const clientProof = (mechanism: ScramMechanism, salted: Buffer, message: string): Buffer => {
  const key = clientKey(mechanism, salted)
  const storedKey = createHash(HASH[mechanism]).update(key).digest()
  return xor(key, hmac(mechanism, storedKey, message))
}

/** Whether a proof was made with the password behind `credential`. */
export const isProof = (
  mechanism: ScramMechanism,
  { storedKey }: ScramCredential,
  message: string,
  proof: Buffer,
): boolean => {
  if (proof.length !== storedKey.length) return false
  const key = xor(proof, hmac(mechanism, storedKey, message))
  return createHash(HASH[mechanism]).update(key).digest().equals(storedKey)
}

export const clientFinalMessage = (nonce: string, proof: Buffer): string =>
  `${clientFinalWithoutProof(nonce)},p=${proof.toString('base64')}`

/** The server's proof that it knows the credential. */
export const serverFinalMessage = (
  mechanism: ScramMechanism,
  { serverKey }: ScramCredential,
  message: string,
): string => `v=${hmac(mechanism, serverKey, message).toString('base64')}`

const clientFirstBare = (username: string, nonce: string, tokenAuthenticated: boolean): string => {
  const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C')
  return `n=${name},r=${nonce}${tokenAuthenticated ? ',tokenauth=true' : ''}`
}

const clientFinalWithoutProof = (nonce: string): string =>
  `c=${Buffer.from(NO_CHANNEL_BINDING).toString('base64')},r=${nonce}`

const hmac = (mechanism: ScramMechanism, key: Buffer, text: string): Buffer =>
  createHmac(HASH[mechanism], key).update(text).digest()

const xor = (a: Buffer, b: Buffer): Buffer => {
  const out = Buffer.alloc(a.length)
  for (let i = 0; i < a.length; i++) out[i] = a[i]! ^ b[i]!
  return out
}
