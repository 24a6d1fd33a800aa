import { certainFields, factFields, requestFields } from '../../../lib/contracts/request-fields.ts';
import { didYouMean } from '../../../lib/did-you-mean.ts';

/** Fields that a policy may require, and an input may lack; `param.NAME` is one parameter of the query or the path. */
const known: readonly string[] = [...certainFields, ...requestFields, 'outcome', ...factFields, 'params'];

/** What is wrong with an entry of `requires`, such as `outcome|status`; nothing, mostly. */
export function unknownFields(entry: string): string[] {
  return entry
    .split('|')
    .filter((name) => !known.includes(name) && !/^param\.[^|]+$/.test(name))
    .map(
      (name) =>
        `no field is called ${JSON.stringify(name)}${didYouMean(name, known)}: use ${known.join(', ')} or param.NAME`,
    );
}
