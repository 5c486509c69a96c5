import { data } from '../schema/api.ts'
import { bool, string } from '../schema/field.ts'

/** DefaultPrincipalData: a principal as brokers pass it to each other. */
export const DefaultPrincipalData = data({
  name: 'DefaultPrincipalData',
  versions: [0, 0],
  flexible: 0,
  fields: { type: string, name: string, tokenAuthenticated: bool },
})
