import type { PackedRows } from '../../../lib/contracts/record-rows.ts';
import type { CollectProgress, CollectResult, Rejection } from '../../../services/collector/collect-files.ts';
import type { FormatConfig } from '../../../services/collector/config.ts';
import type { FormatName } from '../../../services/collector/format-names.ts';
import type { FrontConfig } from './front.ts';

/** What the thread works with. */
export interface FrontSettings {
  readonly config: FrontConfig;
  readonly secret: Uint8Array;
  readonly logLevel: string;
}

/** A file whose bytes are read by the thread that started this one: it may be a pipe, or made as it is read. */
export interface FrontFile {
  readonly name: string;
  readonly size: number | null;
  readonly format: FormatName;
  readonly formatConfig: FormatConfig;
  /** Stamp by which files are merged (InspectedFile). */
  readonly firstAt: number | null;
}

export type ToFront =
  /** The first message: data sets are loaded while input is looked at. */
  | { readonly kind: 'settings'; readonly settings: FrontSettings }
  | { readonly kind: 'run'; readonly files: readonly FrontFile[]; readonly defaultHost: string | null }
  /** `file`: its place among those of `run`. */
  | {
      readonly kind: 'chunk';
      readonly file: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly bytesRead: number;
    }
  /** The file is over, or broken here. */
  | { readonly kind: 'end'; readonly file: number; readonly error: CarriedError | null }
  /** The oldest rows not yet answered are in the log. */
  | { readonly kind: 'taken' };

export type FromFront =
  /** The file's turn has come: its bytes are wanted. */
  | { readonly kind: 'open'; readonly file: number }
  /** So many bytes of it were taken in. */
  | { readonly kind: 'eaten'; readonly file: number; readonly bytes: number }
  | { readonly kind: 'rows'; readonly rows: PackedRows }
  | {
      readonly kind: 'progress';
      readonly progress: CollectProgress;
      /** Since the last. */
      readonly rejections: readonly Rejection[];
    }
  | { readonly kind: 'done'; readonly result: CollectResult; readonly builds: readonly DataSetBuild[] }
  | { readonly kind: 'failed'; readonly error: CarriedError };

/** When a data set in use was built, seconds since 1970: tidegate_enrichment_database_build_time. */
export interface DataSetBuild {
  readonly database: string;
  readonly builtAt: number;
}

/** An error without its class, which does not cross threads. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
  /** Of a ConfigError. */
  readonly problems: readonly string[] | null;
}

/** Types of requests.enriched, in the order in which their packer knows them. */
export const frontRecords = ['EnrichedRequest', 'Tick'] as const;
