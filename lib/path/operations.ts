import { detached } from '../detached-text.ts';
import {
  createFunctionClassifier,
  endpointPattern,
  type FunctionRule,
  guessFunction,
} from './endpoint-function.ts';
import type { Endpoint } from './template.ts';

/**
 * Joins an endpoint and one of its operations: `POST /graphql#LoginUser`. No redacted path holds it: what follows it is cut.
 */
export const operationMark = '#';

/** A scope key or an endpoint without its operation. */
export function withoutOperation(text: string): string {
  const mark = text.indexOf(operationMark);
  return mark < 0 ? text : text.slice(0, mark);
}

/** Whether a scope key or an endpoint names an operation. */
export const hasOperation = (text: string): boolean => text.includes(operationMark);

/** What is asked for: `POST /graphql#LoginUser`, or the endpoint where it serves one purpose. */
export function askedOf({ name, operation }: Pick<Endpoint, 'name' | 'operation'>): string {
  return operation === null ? name : `${name}${operationMark}${operation}`;
}

/** Endpoints whose requests say by an operation what they want, where nothing else is configured. */
export const defaultOperations = ['/*graphql*', '/*gql', '/*jsonrpc', '/*json-rpc', '/*rpc'];

/** Tests `METHOD template` for serving several operations; `*` stands for any characters. */
export function servesSeveral(endpoints: readonly string[]): (endpoint: string) => boolean {
  const tests = endpoints.map(endpointPattern);
  return (endpoint) => tests.some((test) => test(endpoint));
}

/** Names of operations remembered for one endpoint: what is beyond them is counted with the endpoint alone. */
const mostOperations = 500;
const plainName = /^[A-Za-z_][\w.:/-]{0,99}$/;
/** `HomePageQuery` says what kind of operation it is, not that it searches. */
const kinds = /(?:Query|Mutation|Subscription)$/i;
/** Reading a session is no log-in: what an operation does to it says its name, since all are POST. */
const making =
  /(?:^|[^A-Za-z])(?:create|new|issue|generate|start|open|request)|(?:Create|New|Issue|Generate)/;

function guessOperation(operation: string): Endpoint['function'] {
  const name = operation.replace(kinds, '') || operation;
  return guessFunction(making.test(name) ? 'POST' : 'GET', `/${name}`);
}

export interface OperationOptions {
  /** Endpoints that serve several operations, as in `POST /graphql`; `*` stands for any characters. */
  readonly endpoints: readonly string[];
  readonly functions: readonly FunctionRule[];
  /** Called when an endpoint has so many operations that one more is not told apart. */
  readonly onFull?: () => void;
}

/**
 * What a request to an endpoint asks for, by its operation: the endpoint with the operation and its function. The endpoint
 * itself where it serves one purpose, or the request names no operation. One object for each, as endpoints are.
 */
export function createOperations(
  options: OperationOptions,
): (endpoint: Endpoint, operation: string | null) => Endpoint {
  const several = servesSeveral(options.endpoints);
  const ruled = createFunctionClassifier(options.functions, (_, template) =>
    guessOperation(template.slice(template.indexOf(operationMark) + 1)),
  );
  /** By endpoint, then operation; null: it serves one purpose. */
  const known = new WeakMap<Endpoint, Map<string, Endpoint> | null>();

  return (endpoint, operation) => {
    if (operation === null) return endpoint;
    let served = known.get(endpoint);
    if (served === undefined) {
      served = several(endpoint.name) ? new Map<string, Endpoint>() : null;
      known.set(endpoint, served);
    }
    if (served === null) return endpoint;
    let found = served.get(operation);
    if (found === undefined) {
      if (!plainName.test(operation)) return endpoint;
      if (served.size >= mostOperations) {
        options.onFull?.();
        return endpoint;
      }
      const name = detached(operation.replaceAll('/', '.'));
      const asked = askedOf({ name: endpoint.name, operation: name });
      const space = asked.indexOf(' ');
      found = Object.freeze({
        ...endpoint,
        function: ruled(asked.slice(0, space), asked.slice(space + 1)),
        operation: name,
      });
      served.set(detached(operation), found);
    }
    return found;
  };
}
