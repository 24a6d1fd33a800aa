/** Edits that make one word the other: a character put in, taken out or replaced, or two neighbours swapped. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** Longer words are not compared: nobody mistypes them, and it would take long. */
const longest = 64;

/** ` (did you mean "detector"?)` for a word that is a typing error away from one of the others; '' when none is. */
export function didYouMean(word: string, words: readonly string[]): string {
  if (word.length > longest) return '';
  const typed = word.toLowerCase();
  let nearest = '';
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const each of words) {
    const needed = edits(typed, each.toLowerCase());
    if (needed < least) [nearest, least] = [each, needed];
  }
  return nearest === '' ? '' : ` (did you mean "${nearest}"?)`;
}
