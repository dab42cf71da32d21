package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What several processes share beside their streams: what each key has used, which stream an
 * identical request receives, how upstreams fare, and which of them wrote what only it can read.
 * Where there is no such store, each process counts and remembers for itself.
 *
 * <ul>
 *   <li>No method blocks. A stage completes on any thread; it fails if the store does not answer.
 *   <li>One {@link #arrive} is one exchange with the store, and is decided there as a whole: of
 *       several processes, exactly as many requests are let in as the limit has room for.
 *   <li>A name is counted once, however often an exchange is repeated.
 *   <li>What is reserved is under a lease, which the store renews until {@link #settle}. A process
 *       that dies renews nothing: its reservations return once the lease has run out.
 *   <li>Time is the store's own: the clocks of processes may differ.
 *   <li>What may be lost is a hint, never a limit: {@link #exchange} may be skipped, or repeated.
 * </ul>
 *
 * <p>Thread-safe.
 */
public interface SharedState {
  /**
   * How much one key may ask; 0 is no limit.
   *
   * @param requestsPerMinute refilled evenly
   * @param concurrent requests that are open at a time
   * @param tokensPerMinute refilled evenly
   * @param tokensPerDay of UTC
   */
  record Quota(long requestsPerMinute, long concurrent, long tokensPerMinute, long tokensPerDay) {
    /** No limit at all. */
    public static final Quota NONE = new Quota(0, 0, 0, 0);

    /** {@return whether there is a limit} */
    public boolean isLimited() {
      return !equals(NONE);
    }
  }

  /**
   * A stream that identical requests are to receive.
   *
   * @param identity of the request, as hexadecimal digits
   * @param stream the id that the stream will have
   * @param instead the stream that was found before, and is not to be received; null for none
   * @param keep how long it is known after the last renewal
   * @param replaces whether it takes the place of an open stream that has the identity
   */
  record Claim(
      String identity,
      StreamId stream,
      @Nullable StreamId instead,
      Duration keep,
      boolean replaces) {
    /** A claim that takes no other stream's place. */
    public Claim(String identity, StreamId stream, @Nullable StreamId instead, Duration keep) {
      this(identity, stream, instead, keep, false);
    }
  }

  /**
   * A request that arrives.
   *
   * @param tenant names the key; requests of one name are counted together
   * @param quota its limits
   * @param reservation names the request, and no later one of this process; empty if nothing is to
   *     be counted
   * @param tokens that it will probably use
   * @param forced counted beyond all limits, as another process let it in already
   * @param claim the stream that it begins; null for a request that begins none
   */
  record Arrival(
      String tenant,
      Quota quota,
      String reservation,
      long tokens,
      boolean forced,
      @Nullable Claim claim) {
    /** Checks that tokens are not negative. */
    public Arrival {
      Check.that(tokens >= 0, "tokens", "must not be negative", tokens);
    }
  }

  /** What becomes of a request. */
  sealed interface Answer {
    /**
     * It is let in, and its stream is the one of its identity.
     *
     * @param replaced the stream whose place it took; null for none
     */
    record Admitted(@Nullable StreamId replaced) implements Answer {
      /** It took no stream's place. */
      public Admitted() {
        this(null);
      }
    }

    /**
     * A limit refuses it, and nothing was counted.
     *
     * @param limit its name, as in {@link Quota}
     * @param allowed its value
     * @param retryAfter when a repetition may be let in
     */
    record Refused(String limit, long allowed, Duration retryAfter) implements Answer {}

    /** It receives a stream that there is, and nothing was counted. */
    record Joins(StreamId stream) implements Answer {}
  }

  /** How far identical requests receive the stream of an identity. */
  enum Claimed {
    /** They receive it. */
    OPEN,
    /** They receive it only once its owner's lease has run out: its own client reads it. */
    ANSWERING,
    /** The stream is over: they receive it, also those that would take its place. */
    KEPT,
    /** They do not. */
    DROPPED
  }

  /** {@return what becomes of a request} */
  CompletionStage<Answer> arrive(Arrival arrival);

  /**
   * Replaces a reservation by what was used, which also counts where the reservation has run out,
   * or was never made. Tried again until the store has it, or is closed.
   *
   * @param used tokens; 0 for a request that used none
   */
  void settle(String tenant, String reservation, long used);

  /** Changes how a stream is received. Where another one has the identity, nothing changes. */
  void claim(String tenant, Claim claim, Claimed how);

  /**
   * Forgets the claim of a stream, which needs no renewal any more: it lasts as long as it is kept.
   * That of another stream with the identity stays.
   */
  void leave(String tenant, String identity, StreamId stream);

  /**
   * Changes of an upstream since the last exchange.
   *
   * @param upstream names it
   * @param budget tenths of tokens that its retry budget gained or lost
   * @param circuit how its circuit changed; null if it did not
   * @param pause how long an open circuit refuses attempts from now
   */
  record UpstreamChange(String upstream, int budget, @Nullable Boolean circuit, Duration pause) {
    /** {@return a change of nothing, which asks how the upstream fares} */
    public static UpstreamChange none(String upstream) {
      return new UpstreamChange(upstream, 0, null, Duration.ZERO);
    }
  }

  /**
   * How an upstream fares over all processes.
   *
   * @param upstream names it
   * @param budget tenths of tokens of its retry budget; negative if nothing is known
   * @param open whether its circuit is open
   * @param pause how long an open circuit still refuses attempts
   * @param version one more after each change of the circuit; 0 before the first
   */
  record UpstreamStanding(
      String upstream, int budget, boolean open, Duration pause, long version) {}

  /**
   * Which upstream wrote something.
   *
   * @param state the hash of what only it can read
   * @param upstream names it
   */
  record Origin(long state, String upstream) {}

  /**
   * What others wrote since an exchange.
   *
   * @param upstreams how those that were asked for fare
   * @param origins in the order in which they were written
   */
  record News(List<UpstreamStanding> upstreams, List<Origin> origins) {}

  /**
   * Hands over what changed here, and returns what changed elsewhere. One exchange at a time.
   *
   * @param upstreams what changed about each since the last exchange
   * @param origins what was written here since then, for other processes to know
   * @param budgetTenths what a full retry budget has, in tenths of a retry
   */
  CompletionStage<News> exchange(
      List<UpstreamChange> upstreams, List<Origin> origins, int budgetTenths);

  /**
   * Sets what is called when another process may have changed something; it must return at once.
   */
  void onNews(Runnable listener);
}
