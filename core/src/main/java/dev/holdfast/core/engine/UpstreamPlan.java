package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Rung;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How one upstream would be asked for a stream.
 *
 * @param name its display name
 * @param dialect its protocol
 * @param source the request in that protocol as JSON, streaming on; it is asked anew for each
 *     request that is made of it, so that nothing of it need stay in memory
 * @param capability how the model there can be made to continue
 * @param address how it is known to spell the addresses of kept generations
 * @param known what is known of servers that name themselves; null where the capability is the
 *     operator's, or that of a known provider
 */
public record UpstreamPlan(
    String name,
    ChatDialect dialect,
    Supplier<String> source,
    Capability capability,
    KeptAddress address,
    @Nullable Profiles known) {
  /** A plan whose request stays in memory. */
  public UpstreamPlan(
      String name,
      ChatDialect dialect,
      String body,
      Capability capability,
      KeptAddress address,
      @Nullable Profiles known) {
    this(name, dialect, new InMemory(body, null), capability, address, known);
  }

  /** As above, for a driver that has read the request: it is not read again. */
  public UpstreamPlan(
      String name,
      ChatDialect dialect,
      String body,
      RequestFacts facts,
      Capability capability,
      KeptAddress address,
      @Nullable Profiles known) {
    this(name, dialect, new InMemory(body, facts), capability, address, known);
  }

  /** A plan whose capability is settled, of an upstream whose other spellings are not known. */
  public UpstreamPlan(String name, ChatDialect dialect, String body, Capability capability) {
    this(name, dialect, body, capability, KeptAddress.QUERY, null);
  }

  /** Checks the name. */
  public UpstreamPlan {
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
  }

  /**
   * {@return whether the provider writes an answer to its end though its connection is gone} Where
   * bytes are kept, under names of ours, only if the cursor may be used.
   */
  public boolean keepsGenerations() {
    return dialect instanceof ResumableDialect resumable
        && (resumable.countsBytes() ? capability.rungs().contains(Rung.CURSOR) : facts().kept());
  }

  /**
   * {@return what recovery must know about the request}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public RequestFacts facts() {
    RequestFacts read = source instanceof InMemory known ? known.facts() : null;
    return read == null ? dialect.facts(body()) : read;
  }

  /** {@return the request in that protocol as JSON} */
  public String body() {
    return source.get();
  }

  /** {@return everything except the body, which holds the prompt} */
  @Override
  public String toString() {
    return "UpstreamPlan[name=%s, dialect=%s, capability=%s, address=%s]"
        .formatted(name, dialect.id(), capability, address);
  }

  /**
   * Two plans with the same text are equal.
   *
   * @param facts about the body; null if it was not read yet
   */
  private record InMemory(String body, @Nullable RequestFacts facts) implements Supplier<String> {
    @Override
    public String get() {
      return body;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof InMemory that && body.equals(that.body);
    }

    @Override
    public int hashCode() {
      return body.hashCode();
    }

    @Override
    public String toString() {
      return "InMemory[%d characters]".formatted(body.length());
    }
  }
}
