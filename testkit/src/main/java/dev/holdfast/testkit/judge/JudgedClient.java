package dev.holdfast.testkit.judge;

/** A client under judgement. Asked from several threads at a time. */
@FunctionalInterface
public interface JudgedClient {
  /**
   * Asks for the answer and passes what it gets to {@code testimony}, as it gets it. To return is
   * to claim that the answer is complete; after {@link ClientOutput#cancelled} it claims nothing.
   *
   * @throws InterruptedException if it is given up: it has taken too long
   * @throws Exception if the answer did not come whole
   */
  void ask(Task task, ClientOutput testimony) throws Exception;
}
