import { endpointFunctions } from '../../../lib/path/endpoint-function.ts';

/** What a condition may read, with its documentation: the checks of policies and the reference page are made of it. */
export interface Variable {
  readonly doc: string;
  /** Fields of the variable; null: it is a figure itself. */
  readonly members: { readonly [name: string]: Member } | null;
  /** Where it exists. */
  readonly in: 'groups' | 'clients' | 'endpoints';
}
export interface Member {
  readonly doc: string;
  readonly type: 'number' | 'text' | 'yes/no';
  /** The only values a text may have. */
  readonly values?: readonly string[];
}

const endpoint: Variable = {
  doc: 'The endpoint of the group, or of the request.',
  in: 'endpoints',
  members: {
    function: { doc: 'What the endpoint is for.', type: 'text', values: endpointFunctions },
    method: { doc: 'Method, in capitals.', type: 'text' },
    host: { doc: 'Host.', type: 'text' },
    template: { doc: 'Path with placeholders: `/stores/{number}/stock`.', type: 'text' },
    documented: { doc: 'Whether an OpenAPI document has it; null without a document.', type: 'yes/no' },
    write: { doc: 'POST, PUT, PATCH or DELETE.', type: 'yes/no' },
  },
};

export const variables: { readonly [name: string]: Variable } = {
  endpoint,
  siblings: {
    doc:
      'Median growth of the other endpoints of the site against their own normal, never below 1: the control group of ' +
      'a surge. 1 while fewer than three others are learned.',
    in: 'groups',
    members: null,
  },
  places: {
    doc:
      'Over how many places (host and path) the suspicious requests of the last 20 seconds are spread: how many there were, ' +
      'over those of the place with most of them. 0 while there are none.',
    in: 'groups',
    members: null,
  },
  outage: {
    doc:
      'How much of what is usually accepted fails to come, 0 to 1, over that window of the last minute in which most does, of ' +
      'those in which twenty requests would have been accepted; unknown where fewer would. What is usual is what the hour of ' +
      'the day knows, and no more than the median minute of the last quarter of an hour. Under attack people go on being ' +
      'accepted: where hardly any are, it is the service that fails.',
    in: 'groups',
    members: null,
  },
  analogues: {
    doc: 'Endpoints that do the same through another door (web and mobile app, an older version), as the inventory pairs them.',
    in: 'groups',
    members: {
      known: { doc: 'How many there are.', type: 'number' },
      attacked: { doc: 'How many of them an acting campaign is about at this moment.', type: 'number' },
    },
  },
  peers: {
    doc: 'The other clients of the whole site in the same 20 seconds.',
    in: 'clients',
    members: {
      clients: { doc: 'How many there are.', type: 'number' },
      mean_20s: { doc: 'Requests that each of them sent, on average.', type: 'number' },
      login_failing: {
        doc: 'Share of their log-ins that were refused in the last minute; 0 when they made none.',
        type: 'number',
      },
      failing: {
        doc: 'Share of all their requests that were refused in the last minute; 0 when no outcome is known.',
        type: 'number',
      },
      missing: {
        doc: 'Share of them that asked for things that do not exist; 0 when no status is known.',
        type: 'number',
      },
    },
  },
  usual: {
    doc: 'What the address was to the site before.',
    in: 'clients',
    members: {
      share: {
        doc:
          'The largest share that it has of what is normal at an endpoint, where it mostly gets what it asks for; 0: none ' +
          'that shows. Who is a visible part of that by itself is a server or a gateway that others come through.',
        type: 'number',
      },
      of_site: {
        doc:
          'The share that it has of what is normal at the site as a whole. Who has a good part of that stands in front of it, as a load ' +
          'balancer does whose log does not tell for whom it asks.',
        type: 'number',
      },
      servers: {
        doc:
          'Share of what it asked for in the last 20 seconds that it asked of endpoints which only servers usually call; 0 ' +
          'when nothing is known of them.',
        type: 'number',
      },
    },
  },
  attacked: {
    doc: 'The endpoints of the site that acting campaigns are about at this moment.',
    in: 'clients',
    members: {
      endpoints: { doc: 'How many there are.', type: 'number' },
      lookups: { doc: 'How many of them look up stock.', type: 'number' },
      serial: {
        doc: 'What share of honest requests to these may come in series, where most do; 1: none is attacked.',
        type: 'number',
      },
      payments: { doc: 'How many of them take payments.', type: 'number' },
    },
  },
};

/** Functions over the name of a feature. Each gives a figure, or a group of figures. */
export interface ConditionFunction {
  readonly doc: string;
  readonly of: 'any feature' | 'ratio features';
  readonly members: { readonly [name: string]: Member } | null;
}

export const functions: { readonly [name: string]: ConditionFunction } = {
  normal: {
    doc:
      'What is usual for the feature in this group, learned from panes without an episode. While little of the group ' +
      'itself is known its function class stands in, then its host, then a floor (`rung` says which).',
    of: 'any feature',
    members: {
      p50: { doc: 'Median.', type: 'number' },
      p99: { doc: '99th percentile.', type: 'number' },
      n: { doc: 'Stretches of ten seconds it was learned from; 0: nothing was learned.', type: 'number' },
      rung: {
        doc: 'Whose figures these are.',
        type: 'text',
        values: ['endpoint', 'function', 'host', 'floor'],
      },
      share: {
        doc: 'Ratio features: the learned share, shrunk towards class, host and prior.',
        type: 'number',
      },
      upper: { doc: 'Ratio features: what that share may plausibly be at most.', type: 'number' },
      samples: { doc: 'Ratio features: requests behind the share.', type: 'number' },
    },
  },
  excess: {
    doc:
      'Requests in the window that show the behaviour beyond those which so many requests without it bring along. The ' +
      'side without the behaviour estimates the honest volume, so a crowd ten times as large has no excess.',
    of: 'ratio features',
    members: null,
  },
  surprise: {
    doc: 'The excess in standard deviations; real traffic is burstier than independent arrivals, and that is allowed for.',
    of: 'ratio features',
    members: null,
  },
};

/** Functions of CEL itself that make sense over figures and texts. */
export const builtins: ReadonlySet<string> = new Set(['size', 'int', 'double', 'string', 'bool']);
