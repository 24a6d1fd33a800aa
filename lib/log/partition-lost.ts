/**
 * Thrown by a commit for a partition this member no longer owns. A batch that fails with it is not an error: the new
 * owner reads the same records again.
 */
export class PartitionLostError extends Error {
  constructor(topic: string, partition: number) {
    super(`${topic}[${partition}] belongs to another member of the group now`);
    this.name = 'PartitionLostError';
  }
}
