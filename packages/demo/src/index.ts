export { baseModelDir } from './base-model.ts';
export { generateCorpus } from './corpus.ts';
export type { CorpusOptions, CorpusText } from './corpus.ts';
export { countDistinct } from './distinct.ts';
export { goldParts, goldScore } from './gold.ts';
export type { GoldParts } from './gold.ts';
export { demoItems } from './items.ts';
export type { Item, ItemKind } from './items.ts';
export { labelerTraits, simulateRanking } from './labelers.ts';
export type { LabelerTraits, SimulatedRanking, SimulateRankingOptions } from './labelers.ts';
export { demoProject, simulatedLabelerSeeds } from './project.ts';
export { demoPrompts, findItemOfPrompt, notePrompt, reviewPrompt } from './prompts.ts';
export type { DemoPrompt } from './prompts.ts';
export { readSeededOutputs, seededOutputsFile, type SeededOutputs } from './seeded-outputs.ts';
export { createRandom, hashText } from './random.ts';
export type { Random } from './random.ts';
export { bayesAccuracy, preferenceProbability, type UtilityPair } from './worlds/bayes.ts';
export {
  createCrowd,
  judgeOutputs,
  rateOutput,
  type CrowdMember,
  type CrowdOptions,
} from './worlds/crowd.ts';
export { createWorld } from './worlds/create-world.ts';
export { writeNotes } from './worlds/notes.ts';
export {
  worldNames,
  type SmallWorld,
  type WorldName,
  type WorldPrompt,
  type WorldText,
} from './worlds/types.ts';
