import { inputsOf, RoundConfig, type StageSpec } from '@rankloop/contracts';
import type { Prisma } from '@rankloop/db';

export interface GraphCheckpoint {
  id: string;
  kind: 'policy' | 'reward';
  parentId: string | null;
  roundId: string | null;
  attempt: number | null;
  /** Of the round, that made it. */
  stage: string | null;
}

export interface GraphRound {
  id: string;
  /** contracts `RoundConfig`, as it is stored. */
  config: unknown;
  baseCheckpointId: string;
  snapshotId: string | null;
}

/** Which checkpoint was made of which, from the wiring of the rounds that made them. */
export class LineageGraph {
  readonly #checkpoints: ReadonlyMap<string, GraphCheckpoint>;
  readonly #rounds: ReadonlyMap<string, GraphRound>;
  readonly #madeIn = new Map<string, GraphCheckpoint[]>();
  readonly #stages = new Map<string, readonly StageSpec[]>();
  readonly #sources = new Map<string, string[]>();

  constructor(checkpoints: readonly GraphCheckpoint[], rounds: readonly GraphRound[]) {
    this.#checkpoints = new Map(checkpoints.map((checkpoint) => [checkpoint.id, checkpoint]));
    this.#rounds = new Map(rounds.map((round) => [round.id, round]));
    for (const checkpoint of checkpoints) {
      if (checkpoint.roundId === null) continue;
      this.#madeIn.set(checkpoint.roundId, [...(this.#madeIn.get(checkpoint.roundId) ?? []), checkpoint]);
    }
  }

  roundOf(id: string): GraphRound | null {
    const roundId = this.#checkpoints.get(id)?.roundId ?? null;
    return roundId === null ? null : (this.#rounds.get(roundId) ?? null);
  }

  /** What a checkpoint was made of, directly: policies, references, samplers and reward models; sorted by id. */
  sourcesOf(id: string): string[] {
    const known = this.#sources.get(id);
    if (known) return known;
    const checkpoint = this.#checkpoints.get(id);
    const sources = checkpoint ? this.#findSources(checkpoint) : [];
    this.#sources.set(id, sources);
    return sources;
  }

  /** All that a checkpoint comes from, the nearest first; without itself. */
  ancestorsOf(id: string): string[] {
    return walk([id], (one) => this.sourcesOf(one));
  }

  /** What was made of a checkpoint, directly. */
  childrenOf(id: string): string[] {
    return [...this.#checkpoints.keys()].filter((other) => this.sourcesOf(other).includes(id));
  }

  /** All that comes from these, without themselves unless one comes from another. */
  descendantsOf(ids: readonly string[]): string[] {
    const children = new Map<string, string[]>();
    for (const id of this.#checkpoints.keys())
      for (const source of this.sourcesOf(id)) children.set(source, [...(children.get(source) ?? []), id]);
    return walk(ids, (one) => children.get(one) ?? []);
  }

  /** The stages of its round on which a checkpoint depends, in the round's order; the last one made it. */
  stagesOf(id: string): StageSpec[] {
    const stage = this.#checkpoints.get(id)?.stage;
    const round = this.roundOf(id);
    if (!round || stage === undefined || stage === null) return [];
    const stages = this.#read(round);
    const byName = new Map(stages.map((one) => [one.name, one]));
    const taken = walk([stage], (name) => namesTaken(byName.get(name)));
    const needed = new Set([stage, ...taken]);
    return stages.filter(({ name }) => needed.has(name));
  }

  #findSources({ id, parentId, roundId, attempt, stage }: GraphCheckpoint): string[] {
    const round = roundId === null ? undefined : this.#rounds.get(roundId);
    const taken = round
      ? namesTaken(this.#read(round).find(({ name }) => name === stage)).map((name) =>
          this.#resolve(round, name, attempt ?? 0),
        )
      : [];
    const found = [parentId, ...taken].filter((one) => one !== null);
    return [...new Set(found.filter((one) => one !== id && this.#checkpoints.has(one)))].sort();
  }

  /** The checkpoint behind a name that a stage of an attempt took. */
  #resolve(round: GraphRound, name: string, attempt: number): string | null {
    if (name === 'start') return round.baseCheckpointId;
    if (name === 'base') return this.#rootOf(round.baseCheckpointId);
    let newest: GraphCheckpoint | null = null;
    for (const one of this.#madeIn.get(round.id) ?? []) {
      if (one.stage !== name || (one.attempt ?? 0) > attempt) continue;
      // A later attempt makes a stage again when an earlier one's was damaged.
      if (newest === null || (one.attempt ?? 0) > (newest.attempt ?? 0)) newest = one;
    }
    return newest?.id ?? null;
  }

  /** Of a config that no longer reads there are no stages, and the parents are what is left. */
  #read({ id, config }: GraphRound): readonly StageSpec[] {
    const stages = this.#stages.get(id) ?? RoundConfig.safeParse(config).data?.stages ?? [];
    this.#stages.set(id, stages);
    return stages;
  }

  /** The first policy of a line. */
  #rootOf(id: string): string {
    let root = id;
    for (;;) {
      const parentId = this.#checkpoints.get(root)?.parentId ?? null;
      if (parentId === null || this.#checkpoints.get(parentId)?.kind !== 'policy') return root;
      root = parentId;
    }
  }
}

function namesTaken(stage: StageSpec | undefined): string[] {
  return stage ? inputsOf(stage).map(({ name }) => name) : [];
}

/** Everything reachable, the nearest first; each once. */
function walk(from: readonly string[], next: (id: string) => readonly string[]): string[] {
  const seen = new Set<string>();
  let edge = from;
  while (edge.length > 0) {
    const found = new Set(edge.flatMap((id) => next(id)).filter((id) => !seen.has(id)));
    for (const id of found) seen.add(id);
    edge = [...found];
  }
  return [...seen];
}

type Reader = Pick<Prisma.TransactionClient, 'checkpoint' | 'round'>;

/** All checkpoints and rounds of a project. */
export async function readLineageGraph(reader: Reader, projectId: string): Promise<LineageGraph> {
  const checkpoints = await reader.checkpoint.findMany({
    where: { projectId },
    select: { id: true, kind: true, parentId: true, roundId: true, attempt: true, stage: true },
  });
  const rounds = await reader.round.findMany({
    where: { projectId, checkpoints: { some: {} } },
    select: { id: true, config: true, baseCheckpointId: true, snapshotId: true },
  });
  return new LineageGraph(checkpoints, rounds);
}
