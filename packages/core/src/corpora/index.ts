export { addCorpus, createCorpusIn } from './add-corpus.ts';
export { readCorpusTexts, storeCorpus } from './corpus-files.ts';
export { findCorpus, listCorpora } from './find-corpus.ts';
export { splitTexts } from './split-texts.ts';
export { sweepCorpora } from './sweep-corpora.ts';
