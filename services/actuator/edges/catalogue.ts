import { z } from 'zod';
import type { Edge, VendorEdgeDependencies } from '../edge.ts';
import { akamaiConfig, createAkamaiEdge } from './akamai.ts';
import { awsWafConfig, createAwsWafEdge } from './aws-waf.ts';
import { cloudArmorConfig, createCloudArmorEdge } from './cloud-armor.ts';
import { cloudflareConfig, createCloudflareEdge } from './cloudflare.ts';
import { createCrowdsecEdge, crowdsecConfig } from './crowdsec.ts';
import { createCrowdsecLapiEdge, crowdsecLapiConfig } from './crowdsec-lapi.ts';
import { createEnvoyEdge, envoyConfig } from './envoy.ts';
import { createEnvoyAuthzEdge, envoyAuthzConfig } from './envoy-authz.ts';
import { createFastlyEdge, fastlyConfig } from './fastly.ts';
import { createFeedEdge, feedConfig } from './feed.ts';
import { createHaproxyEdge, haproxyConfig } from './haproxy.ts';
import { createNginxEdge, nginxConfig } from './nginx.ts';
import { createNginxAuthEdge, nginxAuthConfig } from './nginx-auth.ts';
import { createWebhookEdge, webhookConfig } from './webhook.ts';

/** Every kind of edge: its configuration and how to make one. A new edge is a file, its test, and a line here. */
const edgeConfigs = [
  feedConfig,
  crowdsecConfig,
  nginxConfig,
  nginxAuthConfig,
  haproxyConfig,
  envoyConfig,
  envoyAuthzConfig,
  awsWafConfig,
  cloudflareConfig,
  fastlyConfig,
  akamaiConfig,
  cloudArmorConfig,
  crowdsecLapiConfig,
  webhookConfig,
] as const;
export const edgeConfig = z.discriminatedUnion('kind', edgeConfigs);
export const edgeKinds = edgeConfigs.map((schema) => schema.shape.kind.value);

export function createEdge(config: z.output<typeof edgeConfig>, dependencies: VendorEdgeDependencies): Edge {
  switch (config.kind) {
    case 'feed':
      return createFeedEdge(config, dependencies);
    case 'crowdsec':
      return createCrowdsecEdge(config, dependencies);
    case 'nginx':
      return createNginxEdge(config, dependencies);
    case 'nginx-auth':
      return createNginxAuthEdge(config, dependencies);
    case 'haproxy':
      return createHaproxyEdge(config, dependencies);
    case 'envoy':
      return createEnvoyEdge(config, dependencies);
    case 'envoy-authz':
      return createEnvoyAuthzEdge(config, dependencies);
    case 'aws-waf':
      return createAwsWafEdge(config, dependencies);
    case 'cloudflare':
      return createCloudflareEdge(config, dependencies);
    case 'fastly':
      return createFastlyEdge(config, dependencies);
    case 'akamai':
      return createAkamaiEdge(config, dependencies);
    case 'cloud-armor':
      return createCloudArmorEdge(config, dependencies);
    case 'crowdsec-lapi':
      return createCrowdsecLapiEdge(config, dependencies);
    case 'webhook':
      return createWebhookEdge(config, dependencies);
  }
}
