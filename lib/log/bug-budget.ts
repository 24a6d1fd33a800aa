/** How many records of a step may be set aside as bugs before it counts as broken. */
export interface BugBudget {
  /** Records about to be processed. */
  earn(records: number): void;
  /** One record set aside; throws when the step has to stop. */
  spend(error: unknown): void;
}

const share = 0.01;
/** A handful of crafted records in a quiet hour must not stop the stream. */
const always = 5;
const forgetAfterRecords = 20_000;

/** More than 1 % of the recent records (and more than 5) stop the step. */
export function createBugBudget(step: string): BugBudget {
  let records = 0;
  let bugs = 0;
  return {
    earn: (count) => {
      records += count;
      if (records > forgetAfterRecords) {
        records /= 2;
        bugs /= 2;
      }
    },
    spend: (error) => {
      bugs++;
      if (bugs > always && bugs > records * share)
        throw new Error(`${step} threw on ${Math.round(bugs)} of its last ${Math.round(records)} records`, {
          cause: error,
        });
    },
  };
}
