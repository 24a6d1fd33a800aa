import { networkKey, parseNetwork } from '../../lib/ip.ts';
import type { LogProducer } from '../../lib/log/log.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createClientAddressResolver } from './client-address.ts';
import type { ClockOptions } from './clock.ts';
import type { CollectorConfig, SiteConfig } from './config.ts';
import { createOutbox } from './outbox.ts';
import { createIntake, type Intake, type IntakeObserver } from './pipeline.ts';
import { createRedactor } from './privacy.ts';
import { createSites } from './sites.ts';
import { createUnknownFields, type UnknownFields } from './unknown-fields.ts';

/** Makes the intakes of one collector: they share keys, sites and caches, and each has its own clock and order. */
export interface SourceSetup {
  intake(options: {
    readonly sourceId: string;
    readonly sourceClass: string;
    readonly mode: ClockOptions['mode'];
    readonly latenessMs: number;
    readonly defaultHost?: string;
    /** Trusted in addition to `trusted_proxies`. */
    readonly trusted?: readonly string[];
    readonly observer?: IntakeObserver;
  }): Promise<Intake>;
  readonly unknownFields: UnknownFields;
  /** Closes the producers of all intakes, after their last flush. */
  close(): Promise<void>;
}

export async function createSourceSetup(
  context: ServiceContext,
  config: CollectorConfig,
  siteConfigs: readonly SiteConfig[],
): Promise<SourceSetup> {
  const sites = createSites(siteConfigs);
  const unknownFields = createUnknownFields();
  const redact = createRedactor(config.privacy, context.secret, unknownFields);
  const producers: LogProducer[] = [];
  const partitions = await context.log.partitions('requests.raw');
  const keyOf = context.log.kind === 'memory' && partitions === 1 ? () => null : networkKey;
  return {
    unknownFields,
    close: async () => {
      await Promise.all(producers.map((producer) => producer.close()));
    },
    intake: async (options) => {
      const producer = await context.log.producer(`tidegate-collector-${options.sourceId}`);
      producers.push(producer);
      return createIntake({
        sourceId: options.sourceId,
        sourceClass: options.sourceClass,
        clock: { mode: options.mode, latenessMs: options.latenessMs, futureMs: config.future },
        defaultHost: options.defaultHost ?? 'unknown',
        collectorId: context.instance,
        partitions,
        keyOf,
        sites,
        clientAddress: createClientAddressResolver(
          [...config.trusted_proxies, ...(options.trusted ?? [])].map((text) => parseNetwork(text)!),
        ),
        redact,
        outbox: createOutbox(producer),
        metrics: context.metrics,
        now: context.now,
        ...(options.observer === undefined ? {} : { observer: options.observer }),
      });
    },
  };
}
