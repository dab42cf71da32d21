package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.verdict.VerdictRules;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The generations of one stream that their providers write to the end without a reader. Each is
 * stopped as soon as the stream has no use for it. A provider bills output without a reader, and a
 * server with few slots delays the next attempt.
 */
final class KeptGenerations {
  private record Kept(Generation generation, int upstream, ResumableDialect dialect) {}

  private final int choices;
  private final List<Kept> running = new ArrayList<>();

  /**
   * No generations yet.
   *
   * @param choices number of requested answers
   */
  KeptGenerations(int choices) {
    this.choices = choices;
  }

  /** A generation was requested that its provider keeps. */
  void begun(Generation generation, int upstream, ResumableDialect dialect) {
    running.add(new Kept(generation, upstream, dialect));
  }

  /** {@return whether there is none} */
  boolean isEmpty() {
    return running.isEmpty();
  }

  /**
   * {@return what stops the generations without a use} They leave the list, as do those that ended
   * by themselves and those that cannot be named.
   *
   * @param isUsed whether an attempt reads a generation, or is about to
   * @param address how an upstream spells addresses, as far as is known
   */
  List<Action> release(Predicate<Generation> isUsed, Address address) {
    var stops = new ArrayList<Action>();
    for (var each : List.copyOf(running)) {
      var generation = each.generation();
      boolean over = generation.isEnded() || isProven(generation);
      if (!over && isUsed.test(generation)) {
        continue;
      }
      running.remove(each);
      String id = generation.id();
      if (!over && id != null) {
        generation.stopped();
        stops.add(
            new Action.StopGeneration(
                each.upstream(),
                calls(each.dialect(), id, address.of(each.upstream())),
                !generation.isAnswered()));
      }
    }
    return stops;
  }

  /**
   * The end of another answer, which a provider may send in its place, proves nothing. Nor does one
   * of a resumed body before it is confirmed.
   */
  private boolean isProven(Generation generation) {
    var reader = generation.reader;
    return VerdictRules.isProven(reader.proof(), generation.finishes.size(), choices)
        && !(reader.continuity() instanceof Continuity.Broken)
        && !generation.isUnconfirmed();
  }

  private static List<ProviderRequest> calls(
      ResumableDialect dialect, String id, KeptAddress known) {
    var calls = new ArrayList<ProviderRequest>();
    calls.add(dialect.stop(id, known));
    for (var other : dialect.addresses()) {
      if (other != known) {
        calls.add(dialect.stop(id, other));
      }
    }
    return calls;
  }

  /** How upstreams spell the addresses of kept generations. */
  interface Address {
    /** {@return the spelling to use first} */
    KeptAddress of(int upstream);
  }
}
