/** The part of the time that one question may take. */
const SHARE = 0.25;

/** Asks again only so often that the asking takes no more than a quarter of the time: at once while answers are quick, rarely once they are slow. */
export function sparing<Answer>(ask: () => Promise<Answer>, now: () => number): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  let until = 0;
  return () => {
    if (answer && now() < until) return answer;
    const began = now();
    until = Infinity; // whoever comes meanwhile shares this answer
    answer = ask();
    answer.then(
      () => (until = now() + (now() - began) / SHARE),
      () => (until = 0),
    );
    return answer;
  };
}
