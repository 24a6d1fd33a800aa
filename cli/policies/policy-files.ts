import type { Command } from 'commander';
import { type PolicyFile, readPolicyFiles } from '../../services/detector/policies/load-policies.ts';
import { loadRootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';

/** The policies of the folder asked for, else of that of the configuration, else the shipped ones. */
export function policyFilesOf(folder: string | undefined, command: Command): PolicyFile[] {
  return readPolicyFiles(
    folder ?? loadRootConfig(configFileOption(command), process.env).config.detector.policies,
  );
}
