// C = A · B, or C += A · B, for row-major matrices anywhere in a wasm memory.
//
// TF.js multiplies one large pair of matrices fast, and batches of small or transposed ones ten times slower. This is
// the usual register tile: a few rows by 8 columns of C stay in registers while k runs; edges fall back to narrower
// tiles. Every element of C is summed in the order of k in all of them, so a result does not depend on the tiling.

import {
  assembleModule,
  F32,
  f32,
  f32x4,
  get,
  I32,
  i32,
  ifElse,
  instantiate,
  Locals,
  set,
  V128,
  whileLoop,
  type Code,
} from './assembler.ts';

/** Returns nothing of use. All sizes in elements; a, b, c are byte addresses, strides are the bytes from one stored row to the next. */
export type Gemm = (
  M: number,
  N: number,
  K: number,
  a: number,
  aStride: number,
  b: number,
  bStride: number,
  c: number,
  cStride: number,
  /** 1: add to C; 0: overwrite it. */
  accumulate: number,
) => number;

const ROW_TILES = [4, 2, 1];
/** Columns per tile: two vectors, one vector, one number. */
const COLUMN_TILES = [8, 4, 1];
/** Steps of k per turn where A is read along its rows: their addresses are then constants of the instructions. */
const UNROLL = 4;
const BYTES = 4;

/** `layout`: A is stored as [M, K], or transposed as [K, M]. */
export function gemmModule(layout: 'plain' | 'transposed'): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const params = new Array<number>(10).fill(I32);
  params.forEach(locals.add);
  const [M, N, K, a, aStride, b, bStride, c, cStride, accumulate] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  const index = (): number => locals.add(I32);
  const [m, n, k, bAt, aAt] = [index(), index(), index(), index(), index()];
  const rows = Array.from({ length: Math.max(...ROW_TILES) }, () => ({
    a: locals.add(I32),
    c: locals.add(I32),
    vectors: [locals.add(V128), locals.add(V128)],
    number: locals.add(F32),
  }));
  const bVectors = [locals.add(V128), locals.add(V128)];
  const bNumber = locals.add(F32);

  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));
  const rowAddress = (base: number, stride: number, r: number): Code =>
    i32.add(get(base), i32.mul(i32.add(get(m), i32.const(r)), get(stride)));

  /** One tile of C: `height` rows, `width` columns, starting at row m, column n. */
  function tile(height: number, width: number): Code {
    const used = rows.slice(0, height);
    const vectors = bVectors.slice(0, width / 4);
    const isScalar = vectors.length === 0;
    const sums = (row: (typeof rows)[number]): number[] =>
      isScalar ? [row.number] : row.vectors.slice(0, vectors.length);
    const lanes = isScalar ? f32 : f32x4;
    const eachSum = (code: (sum: number, address: Code, offset: number) => Code): Code =>
      used.flatMap((row) => sums(row).flatMap((sum, i) => code(sum, get(row.c), 16 * i)));

    const start: Code = [
      ...used.flatMap((row, r) =>
        set(row.c, i32.add(rowAddress(c, cStride, r), i32.mul(get(n), i32.const(BYTES)))),
      ),
      ...(layout === 'plain'
        ? used.flatMap((row, r) => set(row.a, rowAddress(a, aStride, r)))
        : set(aAt, i32.add(get(a), i32.mul(get(m), i32.const(BYTES))))),
      ...set(bAt, i32.add(get(b), i32.mul(get(n), i32.const(BYTES)))),
      ...set(k, i32.const(0)),
    ];
    const zero = isScalar ? f32.const(0) : f32x4.splat(f32.const(0));

    /** sums += A[.., k + ahead] · B[k + ahead, ..]; leaves B's pointer at the next row. */
    const addProducts = (ahead: number): Code => [
      ...(isScalar
        ? set(bNumber, f32.load(get(bAt)))
        : vectors.flatMap((vector, i) => set(vector, f32x4.load(get(bAt), 16 * i)))),
      ...used.flatMap((row, r) => {
        const [address, offset] = layout === 'plain' ? [get(row.a), ahead * BYTES] : [get(aAt), r * BYTES];
        const factor = isScalar ? f32.load(address, offset) : f32x4.loadSplat(address, offset);
        const columns = isScalar ? [bNumber] : vectors;
        return sums(row).flatMap((sum, i) =>
          set(sum, lanes.add(get(sum), lanes.mul(factor, get(columns[i] ?? 0)))),
        );
      }),
      ...move(bAt, get(bStride)),
    ];
    const turn = (steps: number): Code => [
      ...Array.from({ length: steps }, (_, ahead) => [
        ...addProducts(ahead),
        ...(layout === 'transposed' ? move(aAt, get(aStride)) : []),
      ]).flat(),
      ...(layout === 'plain' ? used.flatMap((row) => move(row.a, i32.const(steps * BYTES))) : []),
      ...move(k, i32.const(steps)),
    ];
    return [
      ...start,
      ...ifElse(
        get(accumulate),
        eachSum((sum, address, offset) => set(sum, lanes.load(address, offset))),
        eachSum((sum) => set(sum, zero)),
      ),
      ...whileLoop(i32.atLeast(get(K), i32.add(get(k), i32.const(UNROLL))), turn(UNROLL)),
      ...whileLoop(i32.lessThan(get(k), get(K)), turn(1)),
      ...eachSum((sum, address, offset) => lanes.store(address, get(sum), offset)),
    ];
  }

  const whileFits = (index: number, size: number, tileSize: number, body: Code): Code =>
    whileLoop(i32.atLeast(get(size), i32.add(get(index), i32.const(tileSize))), [
      ...body,
      ...move(index, i32.const(tileSize)),
    ]);

  const body = [
    ...set(m, i32.const(0)),
    ...ROW_TILES.flatMap((height) =>
      whileFits(m, M, height, [
        ...set(n, i32.const(0)),
        ...COLUMN_TILES.flatMap((width) => whileFits(n, N, width, tile(height, width))),
      ]),
    ),
  ];
  return assembleModule(params, locals, body);
}

/** The function, working on `memory`. */
export function instantiateGemm(memory: WebAssembly.Memory, layout: 'plain' | 'transposed'): Gemm {
  return instantiate(gemmModule(layout), memory);
}
