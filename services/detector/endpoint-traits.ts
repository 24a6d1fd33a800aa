import { hasOperation } from '../../lib/path/operations.ts';
import { traitIndex } from './layout.ts';
import type { Sample } from './pane-group.ts';

/** What the `match` and the condition of a policy see as `endpoint`. */
export interface Traits {
  readonly function: string;
  readonly method: string;
  readonly host: string;
  readonly template: string;
  readonly documented: boolean | null;
  /** The method changes something. */
  readonly write: boolean;
}

/** What campaigns call an endpoint, and groups are counted by: `METHOD host/template` of `METHOD /template`. */
export function endpointKey(endpoint: string, host: string): string {
  const path = endpoint.indexOf(' ') + 1;
  return `${endpoint.slice(0, path)}${host}${endpoint.slice(path)}`;
}

/** @param endpoint `METHOD template` */
export function endpointTraits(
  endpoint: string,
  host: string,
  endpointFunction: string,
  documented: boolean | null,
): Traits {
  const space = endpoint.indexOf(' ');
  const method = space < 0 ? '' : endpoint.slice(0, space);
  return {
    function: endpointFunction,
    method,
    host,
    template: endpoint.slice(space + 1),
    documented,
    write: method === 'POST' || method === 'PUT' || method === 'PATCH' || method === 'DELETE',
  };
}

/**
 * What the endpoint of a group is for, as one of its samples says. One that serves several operations is for none of them:
 * each has a group of its own.
 */
export function functionOfGroup(key: string, sample: Sample | undefined): string | null {
  if (sample === undefined) return null;
  const operation = sample.attributes[traitIndex.operation] ?? null;
  if (operation !== null && !hasOperation(key)) return 'other';
  return sample.attributes[traitIndex.endpoint_function] ?? null;
}
