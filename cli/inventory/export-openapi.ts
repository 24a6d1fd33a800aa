import { stringify } from 'yaml';
import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import { hasOperation } from '../../lib/path/operations.ts';
import { shapes } from '../../lib/path/shapes.ts';

type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: object;
};

const schemaOf: { readonly [shape: string]: object } = {
  number: { type: 'number' },
  uuid: { type: 'string', format: 'uuid' },
  date: { type: 'string', format: 'date' },
  email: { type: 'string', format: 'email' },
};

/** OpenAPI wants the variables of a path to differ: `/a/{number}/b/{number}` is `/a/{aNumber}/b/{bNumber}`. */
function named(template: string): { readonly path: string; readonly parameters: readonly Parameter[] } {
  const parameters: Parameter[] = [];
  const used = new Set<string>();
  let before = '';
  const path = template
    .split('/')
    .map((segment) => {
      const text = segment.replace(/\{([^{}]+)\}/g, (_, variable: string) => {
        const isShape = (shapes as readonly string[]).includes(variable) || variable === 'word';
        const base = isShape && before !== '' ? `${before}_${variable}` : variable;
        let name = base;
        for (let count = 2; used.has(name); count++) name = `${base}_${count}`;
        used.add(name);
        const schema = schemaOf[variable] ?? { type: 'string' };
        parameters.push({ name, in: 'path', required: true, schema });
        return `{${name}}`;
      });
      if (!segment.includes('{')) before = segment.replace(/[^\w]+/g, '_');
      return text;
    })
    .join('/');
  return { path, parameters };
}

const inOpenApi = new Set(['GET', 'PUT', 'POST', 'DELETE', 'PATCH']);
const writes = new Set(['PUT', 'POST', 'PATCH']);

/**
 * A draft of an OpenAPI document of what was called: paths, methods, names of parameters. What bodies and answers look
 * like no log says.
 */
export function draftOpenApi(endpoints: readonly ApiEndpoint[], title: string): string {
  const paths: { [path: string]: { [method: string]: object } } = {};
  const hosts = new Set<string>();
  for (const endpoint of endpoints) {
    const space = endpoint.endpoint.indexOf(' ');
    const method = endpoint.endpoint.slice(0, space);
    if (!inOpenApi.has(method) || endpoint.function === 'content') continue;
    const { path, parameters } = named(endpoint.endpoint.slice(space + 1));
    // an operation is no path of its own
    if (/\{(?:other|rest)\}/.test(path) || hasOperation(path)) continue;
    hosts.add(endpoint.host);
    const item = paths[path] ?? {};
    paths[path] = item;
    const query = endpoint.params.map(
      (name): Parameter => ({ name, in: 'query', required: false, schema: { type: 'string' } }),
    );
    const all = writes.has(method) ? parameters : [...parameters, ...query];
    const body =
      writes.has(method) && endpoint.params.length > 0
        ? {
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: Object.fromEntries(endpoint.params.map((name) => [name, {}])),
                  },
                },
              },
            },
          }
        : {};
    const known = item[method.toLowerCase()] as { 'x-tidegate'?: { hosts: string[] } } | undefined;
    item[method.toLowerCase()] = {
      ...(endpoint.operation_id === null ? {} : { operationId: endpoint.operation_id }),
      ...(endpoint.documentation === 'deprecated' || endpoint.documentation === 'gone'
        ? { deprecated: true }
        : {}),
      ...(all.length === 0 ? {} : { parameters: all }),
      ...body,
      responses: { default: { description: 'not known' } },
      'x-tidegate': {
        status: endpoint.status,
        function: endpoint.function,
        clients: endpoint.client_class,
        hosts: [...(known?.['x-tidegate']?.hosts ?? []), endpoint.host],
      },
    };
  }
  const document = {
    openapi: '3.1.0',
    info: { title, version: '0', description: 'Drafted by Tidegate from traffic: to be checked by hand.' },
    servers: [...hosts]
      .filter((host) => host !== '' && host !== 'unknown')
      .sort()
      .map((host) => ({ url: `https://${host}` })),
    paths,
  };
  return stringify(document, { aliasDuplicateObjects: false });
}
