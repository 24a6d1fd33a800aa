import confluent from '@kafkajs/confluent-schema-registry';
import type avsc from 'avsc';
import { recordNameOf, recordSchemas, type SchemaIds } from '../contracts/codecs.ts';
import type { AvroSchema } from '../contracts/schemas.ts';
import { type RecordName, type TopicName, topicNames, topics } from '../contracts/topics.ts';
import type { LogConfig } from './config.ts';

const { COMPATIBILITY, SchemaRegistry, SchemaType } = confluent;

export interface Subject {
  /** `<topic>-io.tidegate.<Record>` */
  readonly name: string;
  readonly topic: TopicName;
  readonly record: RecordName;
}

export interface RegistrySchemaIds extends SchemaIds {
  readonly subjects: readonly Subject[];
  /** Looks the id of this build's schema up; false when the subject does not have it yet. */
  find(subject: Subject): Promise<boolean>;
  /** Registers this build's schema with FULL_TRANSITIVE; throws when the registry finds it incompatible. */
  register(subject: Subject): Promise<void>;
}

/** Schema ids of a Confluent-compatible registry. Subjects are per topic and record (TopicRecordNameStrategy). */
export function createRegistrySchemaIds(
  config: LogConfig['registry'] & { readonly url: string },
  clientId: string,
  topicPrefix: string,
): RegistrySchemaIds {
  const registry = new SchemaRegistry({
    host: config.url.replace(/\/$/, ''),
    clientId,
    retry: { maxRetryTimeInSecs: 5, initialRetryTimeInSecs: 0.1, factor: 0.2, multiplier: 2, retries: 5 },
    ...(config.username === undefined
      ? {}
      : { auth: { username: config.username, password: config.password ?? '' } }),
  });
  const ids = new Map<RecordName, number>();
  const subjects: Subject[] = topicNames.flatMap((topic) =>
    topics[topic].records.map((record) => ({
      name: `${topicPrefix}${topic}-io.tidegate.${record}`,
      topic,
      record,
    })),
  );
  const confluentSchema = (record: RecordName) => ({
    type: SchemaType.AVRO as confluent.SchemaType.AVRO,
    schema: JSON.stringify(recordSchemas.get(record)),
  });
  return {
    subjects,
    writerId: (name) => {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`schema ${name} is not registered: run tidegate topics apply`);
      return id;
    },
    resolve: async (id) => {
      let type: avsc.Type;
      try {
        type = (await registry.getSchema(id)) as unknown as avsc.Type;
      } catch (error) {
        if ((error as { status?: number }).status === 404) return null;
        throw error;
      }
      const schema = JSON.parse(JSON.stringify(type.schema({ exportAttrs: true }))) as AvroSchema;
      const name = recordNameOf(schema);
      return name === null ? null : { name, schema };
    },
    find: async (subject) => {
      try {
        const id = await registry.getRegistryIdBySchema(subject.name, confluentSchema(subject.record));
        ids.set(subject.record, id);
        return true;
      } catch (error) {
        // The client wraps a 404, and nothing else, in this error.
        if ((error as Error).name === 'ConfluentSchemaRegistryError') return false;
        throw error;
      }
    },
    register: async (subject) => {
      const { id } = await registry.register(confluentSchema(subject.record), {
        subject: subject.name,
        compatibility: COMPATIBILITY.FULL_TRANSITIVE,
      });
      ids.set(subject.record, id);
    },
  };
}
