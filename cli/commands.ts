import type { Command } from 'commander';
import { completionCommand } from './completion.ts';
import { configCommand } from './config-command.ts';
import { dataCommand } from './data.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { allowlistCommand, decisionsCommand } from './decisions.ts';
import { demoCommand } from './demo/command.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate/command.ts';
import { explainCommand } from './explain.ts';
import { generateCommand } from './generate/command.ts';
import { inventoryCommand } from './inventory/command.ts';
import { policiesCommand } from './policies/command.ts';
import { replayCommand } from './replay/command.ts';
import { serviceCommands } from './service.ts';
import { sqlCommand } from './sql.ts';
import { topicsCommand } from './topics.ts';
import { upCommand } from './up.ts';

/** Every command, in the order of `tidegate --help`: what a newcomer runs first stands first. */
export const commands: readonly (() => Command)[] = [
  replayCommand,
  demoCommand,
  upCommand,
  explainCommand,
  sqlCommand,
  inventoryCommand,
  policiesCommand,
  decisionsCommand,
  allowlistCommand,
  deadLettersCommand,
  generateCommand,
  evaluateCommand,
  configCommand,
  topicsCommand,
  dataCommand,
  doctorCommand,
  completionCommand,
  ...serviceCommands,
];
