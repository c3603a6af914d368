// C = A · B, or C += A · B, for small row-major matrices anywhere in a wasm memory.
//
// TF.js multiplies one large pair of matrices fast, and batches of small ones (attention) ten times slower. This is
// the usual register tile: 4 rows by 8 columns of C stay in registers while k runs; edges fall back to narrower tiles.

import {
  assembleModule,
  F32,
  f32,
  f32x4,
  get,
  I32,
  i32,
  ifElse,
  Locals,
  set,
  V128,
  whileLoop,
  type Code,
} from './assembler.ts';

/** All sizes in elements; a, b, c are byte addresses, strides are the bytes from one row to the next. */
export type Gemm = (
  M: number,
  N: number,
  K: number,
  a: number,
  aStride: number,
  /** Bytes from one column of A to the next: 4, or, with a stride of 4, a row's length, which reads A transposed. */
  aStep: number,
  b: number,
  bStride: number,
  c: number,
  cStride: number,
  /** 1: add to C; 0: overwrite it. */
  accumulate: number,
) => void;

const ROW_TILES = [4, 1];
/** Columns per tile: two vectors, one vector, one number. */
const COLUMN_TILES = [8, 4, 1];

export function gemmModule(): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const params = new Array<number>(11).fill(I32);
  params.forEach(locals.add);
  const [M, N, K, a, aStride, aStep, b, bStride, c, cStride, accumulate] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ] as const;
  const [m, n, k, bAt] = [locals.add(I32), locals.add(I32), locals.add(I32), locals.add(I32)];
  const rows = [0, 1, 2, 3].map(() => ({
    a: locals.add(I32),
    c: locals.add(I32),
    vectors: [locals.add(V128), locals.add(V128)],
    number: locals.add(F32),
  }));
  const bVectors = [locals.add(V128), locals.add(V128)];
  const bNumber = locals.add(F32);

  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));

  /** One tile of C: `height` rows, `width` columns, starting at row m, column n. */
  function tile(height: number, width: number): Code {
    const used = rows.slice(0, height);
    const vectors = bVectors.slice(0, width / 4);
    const isScalar = vectors.length === 0;
    const start: Code = used.flatMap((row, r) => [
      ...set(row.a, i32.add(get(a), i32.mul(i32.add(get(m), i32.const(r)), get(aStride)))),
      ...set(
        row.c,
        i32.add(
          i32.add(get(c), i32.mul(i32.add(get(m), i32.const(r)), get(cStride))),
          i32.mul(get(n), i32.const(4)),
        ),
      ),
    ]);
    const loadC: Code = used.flatMap((row) =>
      isScalar
        ? set(row.number, f32.load(get(row.c)))
        : vectors.flatMap((_, i) => set(row.vectors[i] ?? 0, f32x4.load(get(row.c), 16 * i))),
    );
    const zero: Code = used.flatMap((row) =>
      isScalar
        ? set(row.number, f32.const(0))
        : vectors.flatMap((_, i) => set(row.vectors[i] ?? 0, f32x4.splat(f32.const(0)))),
    );
    const step: Code = [
      ...(isScalar
        ? set(bNumber, f32.load(get(bAt)))
        : vectors.flatMap((vector, i) => set(vector, f32x4.load(get(bAt), 16 * i)))),
      ...used.flatMap((row) => [
        ...(isScalar
          ? set(row.number, f32.add(get(row.number), f32.mul(f32.load(get(row.a)), get(bNumber))))
          : vectors.flatMap((vector, i) => {
              const sum = row.vectors[i] ?? 0;
              return set(sum, f32x4.add(get(sum), f32x4.mul(f32x4.loadSplat(get(row.a)), get(vector))));
            })),
        ...move(row.a, get(aStep)),
      ]),
      ...move(bAt, get(bStride)),
      ...move(k, i32.const(1)),
    ];
    const storeC: Code = used.flatMap((row) =>
      isScalar
        ? f32.store(get(row.c), get(row.number))
        : vectors.flatMap((_, i) => f32x4.store(get(row.c), get(row.vectors[i] ?? 0), 16 * i)),
    );
    return [
      ...start,
      ...set(bAt, i32.add(get(b), i32.mul(get(n), i32.const(4)))),
      ...ifElse(get(accumulate), loadC, zero),
      ...set(k, i32.const(0)),
      ...whileLoop(i32.lessThan(get(k), get(K)), step),
      ...storeC,
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
export function instantiateGemm(memory: WebAssembly.Memory): Gemm {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(gemmModule()), { env: { memory } });
  const run = instance.exports['run'];
  if (typeof run !== 'function') throw new Error('the gemm module has no function');
  return (M, N, K, a, aStride, aStep, b, bStride, c, cStride, accumulate) =>
    void run(M, N, K, a, aStride, aStep, b, bStride, c, cStride, accumulate);
}
