/**
 * The mark in the comment of an entry: `tidegate/EDGE/DECISION`. It says whose the entry is, so that nothing foreign is
 * ever removed, and which decision it stands for, so that whoever looks at the list can ask `tidegate explain`.
 */
export function markOf(edge: string, decisionId: string): string {
  return `tidegate/${edge}/${decisionId}`;
}

/** The decision that a mark of this edge names; null: somebody else's entry, or another edge's. */
export function readMark(edge: string, comment: string | null | undefined): string | null {
  const prefix = `tidegate/${edge}/`;
  return comment?.startsWith(prefix) === true ? comment.slice(prefix.length) : null;
}
