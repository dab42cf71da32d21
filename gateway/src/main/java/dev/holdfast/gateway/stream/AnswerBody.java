package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import java.util.List;

/** A stream's machine together with the one response body that its events become. */
interface AnswerBody {
  /** {@return what to do now}, as {@code StreamMachine.on} does */
  List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings);

  /** {@return frames read so far, for observers} */
  long frames();

  /** {@return whether there is content that may leave} */
  boolean hasContent();

  /** {@return what may leave now; empty for nothing} Whole frames only. */
  byte[] take();

  /** {@return a sign of life that the protocol's clients skip} */
  byte[] keepAlive();

  /** {@return what ends a complete answer} */
  byte[] complete(Ending ending);

  /** {@return the protocol's own error, after which nothing follows} */
  byte[] fail(Failure failure);
}
