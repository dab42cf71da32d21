package dev.holdfast.core.policy;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.stream.Rung;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How one model of one upstream can be made to continue an answer.
 *
 * @param rungs the rungs that may work, best first; {@link Rung#REFUSE} is implied
 * @param prefill how {@link Rung#PREFILL} is spelled there
 * @param prefillPath where requests with {@link Rung#PREFILL} go, as in {@link
 *     dev.holdfast.core.dialect.ProviderRequest}; empty for where all others go
 * @param count how the tokens of a broken answer are counted, so that its limit is kept to
 */
public record Capability(List<Rung> rungs, Prefill prefill, String prefillPath, TokenCount count) {
  /** Copies the list. */
  public Capability {
    Objects.requireNonNull(rungs, "rungs");
    Objects.requireNonNull(prefill, "prefill");
    Objects.requireNonNull(prefillPath, "prefillPath");
    Objects.requireNonNull(count, "count");
    rungs = List.copyOf(rungs);
  }

  /** A capability whose tokens are estimated. */
  public Capability(List<Rung> rungs, Prefill prefill, String prefillPath) {
    this(rungs, prefill, prefillPath, TokenCount.ESTIMATED);
  }

  /** A capability whose prefill goes where all requests go. */
  public Capability(List<Rung> rungs, Prefill prefill) {
    this(rungs, prefill, "");
  }

  /** {@return what is left of it where some rungs are missing} */
  public Capability without(Set<Rung> missing) {
    Objects.requireNonNull(missing, "missing");
    return missing.isEmpty()
        ? this
        : new Capability(
            rungs.stream().filter(rung -> !missing.contains(rung)).toList(),
            prefill,
            prefillPath,
            count);
  }
}
