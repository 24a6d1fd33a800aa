import { z } from 'zod';
import { commandRequest } from './command.ts';

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly (readonly [name: string, description: string])[];
  readonly body?: z.ZodType;
  readonly role?: 'operate';
  readonly status?: number;
}

/** Body of POST /api/v1/sql. */
export const sqlBody = z.strictObject({ sql: z.string().min(1).max(100_000) });

const limit = ['limit', 'at most so many'] as const;

/** Every call of the API; a test holds it against the routes. */
export const operations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/traffic',
    summary: 'Requests by outcome over time',
    query: [
      ['minutes', 'how far back'],
      ['site', 'one site only'],
    ],
  },
  { method: 'get', path: '/api/v1/campaigns', summary: 'Campaigns, open ones first', query: [limit] },
  {
    method: 'get',
    path: '/api/v1/campaigns/{id}',
    summary: 'One campaign with its decisions, its course and what was saved',
  },
  {
    method: 'get',
    path: '/api/v1/campaigns/{id}/accounts',
    summary: 'Accounts that logged in successfully inside the campaign',
    query: [limit],
  },
  {
    method: 'get',
    path: '/api/v1/campaigns/{id}/samples',
    summary: 'Requests of the campaign, spread over all of it',
    query: [limit],
  },
  {
    method: 'get',
    path: '/api/v1/decisions',
    summary: 'What is in force, or everything that was decided',
    query: [['state', 'current or all'], limit],
  },
  { method: 'get', path: '/api/v1/edges', summary: 'Edges with their state, and the newest changes at them' },
  {
    method: 'get',
    path: '/api/v1/edges/{name}/plan',
    summary: 'What would change at an edge now; nothing is changed',
    query: [limit],
  },
  {
    method: 'get',
    path: '/api/v1/endpoints',
    summary: 'Inventory of endpoints',
    query: [['status', 'of one status only'], limit],
  },
  { method: 'get', path: '/api/v1/pipeline', summary: 'Lag, edges, dead letters and the store' },
  { method: 'get', path: '/api/v1/about', summary: 'Data sets in use, and whether anyone may command' },
  {
    method: 'get',
    path: '/api/v1/explain/{reference}',
    summary: 'Why: by verdict, decision, campaign, address, or reference of a block page',
    query: [['format', 'text for people']],
  },
  {
    method: 'post',
    path: '/api/v1/sql',
    summary: 'One reading statement',
    body: sqlBody,
  },
  {
    method: 'post',
    path: '/api/v1/commands',
    summary:
      'Release, allow, disallow, block; arm, disarm or purge an edge; kill switch. Who and why go into the audit',
    body: commandRequest,
    role: 'operate',
    status: 202,
  },
];

/** The API as an OpenAPI 3.1 document, made of the table above and the schemas that requests are checked with. */
export function openApiDocument(): object {
  const paths: { [path: string]: { [method: string]: object } } = {};
  for (const operation of operations) {
    const { method, path, summary, query = [], body, role, status = 200 } = operation;
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    const inQuery = query.map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    }));
    paths[path] = {
      ...paths[path],
      [method]: {
        summary,
        ...(role === undefined ? {} : { description: `Needs a token with the role ${role}.` }),
        parameters: [...inPath, ...inQuery],
        security: [{ bearer: [] }, ...(role === undefined ? [{}] : [])],
        ...(body === undefined
          ? {}
          : {
              requestBody: {
                required: true,
                content: { 'application/json': { schema: z.toJSONSchema(body, { io: 'input' }) } },
              },
            }),
        responses: {
          [status]: { description: 'done', content: { 'application/json': { schema: { type: 'object' } } } },
          default: {
            description: 'not done: 400 the request, 401 no token, 403 wrong role, 404, 503 store away',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: { detail: { type: 'string' } },
                  required: ['detail'],
                },
              },
            },
          },
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate',
      version: '1',
      description:
        'JSON API of the console. Fields are snake_case, times are UTC. Reading is free on the configured address unless console.read_needs_token is set.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}
