import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import { certainFields, factFields, requestFields } from '../../lib/contracts/request-fields.ts';
import { defaultOperations, servesSeveral } from '../../lib/path/operations.ts';

/** In how many of the requests looked at each field is known. */
export interface FieldPresence {
  note(event: EnrichedRequest): void;
  /** Share of the requests looked at, 0 when none was. */
  share(field: string): number;
  /** Fields known in at least a few requests of a hundred. */
  present(): ReadonlySet<string>;
  /** Share of the requests looked at that went to an endpoint that serves several operations, and do not say which. */
  unnamedOperations(): number;
  /** Share of the requests looked at whose host is not known. */
  unknownHosts(): number;
}

const several = servesSeveral(defaultOperations);

/** Requests that rarely carry a field by nature (an account before the log-in) still show that the log has it. */
const presentShare = 0.005;
const closelyUntil = 2000;
const thenEvery = 16;
/** Parameter names are the attacker's to choose. */
const maxParams = 500;

export function createFieldPresence(): FieldPresence {
  const counts = new Map<string, number>();
  const params = new Map<string, number>();
  let seen = 0;
  let looked = 0;
  let unnamed = 0;
  let hostless = 0;
  const add = (field: string) => counts.set(field, (counts.get(field) ?? 0) + 1);
  const count = (field: string) =>
    (field.startsWith('param.') ? params.get(field.slice(6)) : counts.get(field)) ?? 0;
  const share = (field: string) => (looked === 0 ? 0 : count(field) / looked);
  return {
    note(event) {
      if (++seen > closelyUntil && seen % thenEvery !== 0) return;
      looked++;
      const { request } = event;
      for (const field of requestFields) if (request[field] !== null) add(field);
      if (request.host === '' || request.host === 'unknown') hostless++;
      if (request.outcome !== 'unknown') add('outcome');
      for (const field of factFields) if (event[field] !== null) add(field);
      if (event.operation === null && several(event.endpoint)) unnamed++;
      for (const list of [request.params, event.path_params])
        for (const { name } of list)
          if (params.has(name) || params.size < maxParams) params.set(name, (params.get(name) ?? 0) + 1);
    },
    share,
    unknownHosts: () => (looked === 0 ? 0 : hostless / looked),
    unnamedOperations: () => (looked === 0 ? 0 : unnamed / looked),
    present() {
      const fields = new Set<string>(looked === 0 ? [] : certainFields);
      for (const field of counts.keys()) if (share(field) >= presentShare) fields.add(field);
      for (const name of params.keys()) fields.add(`param.${name}`);
      if (params.size > 0) fields.add('params');
      return fields;
    },
  };
}
