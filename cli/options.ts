import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands have, the same on each. */

export const stateOption = (): Option => new Option('--state <dir>', 'state folder of the instance');
export const siteOption = (): Option => new Option('--site <id>', 'site').default('default');
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why, for the audit').makeOptionMandatory();

/** Checks a whole number that is not below `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`a whole number from ${least}`);
    return value;
  };

/** Checks a number within limits. */
export const numberBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`a number from ${least} to ${most}`);
    return value;
  };

export const limitOption = (usual: number): Option =>
  new Option('--limit <n>', 'how many').argParser(wholeNumber(1)).default(usual);

/** Collects an option that may be given again and again. */
export const append = (text: string, list: readonly string[]): readonly string[] => [...list, text];
