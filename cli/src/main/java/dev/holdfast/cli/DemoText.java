package dev.holdfast.cli;

/** What the demo's model says. */
final class DemoText {
  /** Letters of several scripts, so that a cut inside a character would show. */
  static final String ANSWER =
      """
      An answer from a language model is not a letter that arrives in an envelope. It is \
      a few hundred small pieces that travel, one after another, over a single connection \
      that stays open for as long as the model is thinking. Any hop on the way may let go \
      of it: a proxy that restarts, a load balancer that loses patience, a train that \
      enters a tunnel. Most programs keep what they have by then, and call it an answer.

      This one was cut while you were reading it, more than once, and one of its pieces \
      was damaged on the way. Each time the break was noticed and named, the model was \
      asked to go on from the last good word, and the pieces were joined so that nothing \
      is missing and nothing comes twice: not in naïve café prose, not in 東京 or Ελλάδα, \
      not in a 🌊 of four bytes. The last lines on this screen compare it with what the \
      model would have said undisturbed, letter by letter.""";

  /** What it is asked. */
  static final String QUESTION = "What happens to an answer on its way to me?";

  private DemoText() {}
}
