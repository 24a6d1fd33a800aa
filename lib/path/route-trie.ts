import { type PartialSegment, partialSegment } from './partial-segment.ts';
import { pathSegments } from './redact.ts';
import { segmentShape } from './shapes.ts';

/** A configured or documented endpoint. */
export interface Route {
  /** Upper case, or `*`. */
  readonly method: string;
  /** `/stores/{number}/stock` */
  readonly template: string;
  /** Lower case; empty: every host. */
  readonly hosts: readonly string[];
  /** From an OpenAPI document. */
  readonly documented: boolean;
}

/** One segment of a redacted path. */
export interface PathSegment {
  /** The plain word; for identifiers what follows them (`.json`), often empty. */
  readonly text: string;
  /** null: a plain word. */
  readonly shape: string | null;
}

/** A variable of a matched route and the segment that holds its value. */
export interface RouteVariable {
  readonly name: string;
  readonly segment: number;
  /** The value where it stands in the clear; null: the identifier of that segment. */
  readonly value: string | null;
}

export interface RouteMatch {
  readonly template: string;
  readonly documented: boolean;
  /** False: the path is known, the method is not. */
  readonly methodKnown: boolean;
  readonly variables: readonly RouteVariable[];
}

interface Partial {
  readonly segment: PartialSegment;
  readonly node: Node;
}

interface Node {
  readonly literals: Map<string, Node>;
  readonly partials: Partial[];
  variable: Node | null;
  /** Literals that a collector hides, such as 2024: any identifier of that shape passes. */
  readonly shaped: Map<string, Node>;
  readonly routes: { readonly route: Route; readonly names: readonly string[] }[];
}

const newNode = (): Node => ({
  literals: new Map(),
  partials: [],
  variable: null,
  shaped: new Map(),
  routes: [],
});

const wholeVariable = /^\{([^{}]+)\}$/;

function child(node: Node, segment: string, names: string[]): Node {
  const whole = wholeVariable.exec(segment);
  if (whole !== null) {
    names.push(whole[1]!);
    node.variable ??= newNode();
    return node.variable;
  }
  if (segment.includes('{')) {
    const own = partialSegment(segment);
    names.push(...own.names);
    const known = node.partials.find((partial) => partial.segment.key === own.key);
    if (known !== undefined) return known.node;
    const partial: Partial = { segment: own, node: newNode() };
    node.partials.push(partial);
    return partial.node;
  }
  const shape = segmentShape(segment);
  const [map, key] = shape === null ? [node.literals, segment] : [node.shaped, shape];
  let next = map.get(key);
  if (next === undefined) {
    next = newNode();
    map.set(key, next);
  }
  return next;
}

/** `api.example.com` or `*.example.com`. */
export function hostMatches(hosts: readonly string[], host: string): boolean {
  if (hosts.length === 0) return true;
  return hosts.some((entry) => (entry.startsWith('*.') ? host.endsWith(entry.slice(1)) : entry === host));
}

/** HEAD is documented with GET; a preflight with any method of the path. */
function methodMatches(route: string, method: string): boolean {
  return route === '*' || route === method || method === 'OPTIONS' || (method === 'HEAD' && route === 'GET');
}

/**
 * Finds the route of a path: literal segments before partial ones (`{id}.json`) before variables, as OpenAPI asks;
 * between routes of one path the first given counts.
 */
export function createRouteTrie(
  routes: readonly Route[],
): (method: string, host: string, segments: readonly PathSegment[]) => RouteMatch | null {
  const root = newNode();
  for (const route of routes) {
    const names: string[] = [];
    let node = root;
    for (const segment of pathSegments(route.template)) node = child(node, segment, names);
    node.routes.push({ route, names });
  }
  if (routes.length === 0) return () => null;

  return (method, host, segments) => {
    /** Segment index and clear value of the variables met on the way. */
    const met: Omit<RouteVariable, 'name'>[] = [];
    const visit = (node: Node, depth: number): RouteMatch | null => {
      if (depth === segments.length) {
        const here = node.routes.filter(({ route }) => hostMatches(route.hosts, host));
        const exact = here.find(({ route }) => methodMatches(route.method, method));
        const found = exact ?? here[0];
        if (found === undefined) return null;
        return {
          template: found.route.template,
          documented:
            exact !== undefined &&
            here.some((other) => other.route.documented && methodMatches(other.route.method, method)),
          methodKnown: exact !== undefined,
          variables: met.map((variable, index) => ({ name: found.names[index] ?? 'value', ...variable })),
        };
      }
      const { text, shape } = segments[depth]!;
      if (shape === null) {
        const literal = node.literals.get(text);
        const match = literal === undefined ? null : visit(literal, depth + 1);
        if (match !== null) return match;
      }
      const attempt = (next: Node, values: readonly (string | null)[]): RouteMatch | null => {
        for (const value of values) met.push({ segment: depth, value });
        const match = visit(next, depth + 1);
        if (match === null) met.length -= values.length;
        return match;
      };
      for (const partial of node.partials) {
        // An identifier is one opaque character before its extension.
        const found = partial.segment.match(shape === null ? text : `\0${text}`);
        if (found === null) continue;
        const match = attempt(
          partial.node,
          found.map((value) => (value.startsWith('\0') ? null : value)),
        );
        if (match !== null) return match;
      }
      if (node.variable !== null) {
        const match = attempt(node.variable, [shape === null ? text : null]);
        if (match !== null) return match;
      }
      const shaped = shape === null ? undefined : node.shaped.get(shape);
      return shaped === undefined ? null : visit(shaped, depth + 1);
    };
    return visit(root, 0);
  };
}
