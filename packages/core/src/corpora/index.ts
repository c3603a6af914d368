export { addCorpus, createCorpusIn, type AddCorpusOptions } from './add-corpus.ts';
export { readCorpusTexts, storeCorpus, type StoredCorpus } from './corpus-files.ts';
export { findCorpus, listCorpora, type FoundCorpus } from './find-corpus.ts';
export { splitTexts } from './split-texts.ts';
