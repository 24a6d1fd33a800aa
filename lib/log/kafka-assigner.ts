import kafkajs from 'kafkajs';
import { assignPartitions } from './group-assignment.ts';

const { AssignerProtocol } = kafkajs;
const name = 'tidegate-rendezvous';
const version = 1;

/**
 * Assigner for kafkajs: rendezvous hashing over instance names, so that a rolling restart moves little. `onJoin` is
 * called when a join begins; kafkajs has no event that comes before every one of them.
 */
export function createAssigner(instance: string, onJoin: () => void): kafkajs.PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => {
      onJoin();
      return {
        name,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version,
          topics,
          userData: Buffer.from(instance),
        }),
      };
    },
    assign: async ({ members, topics }) => {
      // Two members may have one name (two processes of a host): the member id keeps them apart.
      const ids = new Map<string, string>();
      for (const { memberId, memberMetadata } of [...members].sort((a, b) =>
        a.memberId < b.memberId ? -1 : 1,
      )) {
        const base = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString() ?? memberId;
        let unique = base;
        for (let index = 2; ids.has(unique); index++) unique = `${base}#${index}`;
        ids.set(unique, memberId);
      }
      const partitions = topics.flatMap((topic) =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => ({ topic, partition: partitionId })),
      );
      return [...assignPartitions([...ids.keys()], partitions)].map(([member, share]) => {
        const assignment: { [topic: string]: number[] } = {};
        for (const { topic, partition } of share) {
          assignment[topic] ??= [];
          assignment[topic].push(partition);
        }
        return {
          memberId: ids.get(member)!,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version,
            assignment,
            userData: Buffer.alloc(0),
          }),
        };
      });
    },
  });
}
