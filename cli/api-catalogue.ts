import { type ApiCatalogue, loadApiCatalogue } from '../lib/path/api-catalogue.ts';
import type { RootConfig } from './config.ts';

/**
 * What the configured OpenAPI documents say: the enricher names endpoints by them, the detector knows from them what is
 * deprecated, gone or never called. Throws ConfigError with every document that is missing or none.
 */
export function apiCatalogueOf(config: RootConfig): ApiCatalogue {
  return loadApiCatalogue(config.enricher.openapi, 'enricher.openapi');
}
