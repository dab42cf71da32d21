package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.dialect.CountingDialect;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.dialect.TokenDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Builds the requests that continue an answer. */
final class Continuations {
  private final UpstreamPlan plan;
  private Capability capability;
  private final OutputLimit limit;
  private final PrefillEcho echo;
  private final int upstream;

  /** Whether the provider is asked to keep the bytes, under names of ours. */
  private final boolean named;

  private final long secret;
  private final long serial;

  /** How the upstream spells the addresses of kept generations, as far as is known. */
  private KeptAddress address;

  private boolean readdressed;

  /** Tokens of the conversation before its answer; -1 as long as they are not known. */
  private long prompt = -1;

  /** Whether the upstream did not count tokens when it was asked to. */
  private boolean uncountable;

  /** Takes the place of the upstream in the plan; chance makes up the name. */
  Continuations(
      int upstream,
      UpstreamPlan plan,
      OutputLimit limit,
      PrefillEcho echo,
      RandomGenerator random) {
    this.plan = plan;
    this.capability = plan.capability();
    this.echo = echo;
    this.limit = limit;
    this.upstream = upstream;
    this.named =
        plan.capability().rungs().contains(Rung.CURSOR)
            && plan.dialect() instanceof ResumableDialect dialect
            && dialect.countsBytes();
    this.address = plan.address();
    this.secret = named ? random.nextLong() : 0;
    this.serial = named ? random.nextLong() : 0;
  }

  /**
   * {@return under which name the provider is asked to keep the bytes of an attempt, or null} Two
   * attempts never share one: they may be under way at once.
   */
  @Nullable String name(int attempt) {
    return named ? "%016x%016x".formatted(secret, serial + attempt) : null;
  }

  /** An answer from its start reported its tokens so far. */
  void reported(TokenUsage usage) {
    if (prompt < 0 && plan.dialect() instanceof CountingDialect dialect) {
      prompt = dialect.prompt(usage);
    }
  }

  /** The upstream does not count tokens: they are estimated. */
  void uncountable() {
    uncountable = true;
  }

  /** The server is known now. */
  void use(Capability known) {
    capability = known;
  }

  /** {@return how the upstream spells the addresses of kept generations, as far as is known} */
  KeptAddress address() {
    return address;
  }

  /**
   * Takes another spelling of addresses, once per stream: the upstream answered the one in use with
   * 404.
   *
   * @return whether there is one that was not tried
   */
  boolean readdress() {
    if (readdressed || !(plan.dialect() instanceof ResumableDialect dialect)) {
      address = plan.address(); // Nothing is there under either.
      return false;
    }
    for (var other : dialect.addresses()) {
      if (other != address) {
        address = other;
        readdressed = true;
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the protocol of an attempt whose answer the provider writes to the end without a
   * reader, else null}
   *
   * @param named whether the request gives the answer a name
   * @param kept whether the request asks the provider to keep the answer
   */
  @Nullable ResumableDialect keeping(boolean named, boolean kept) {
    return plan.dialect() instanceof ResumableDialect dialect
            && (dialect.countsBytes() ? named : kept)
        ? dialect
        : null;
  }

  /** {@return the request, which asks how many tokens have come where that is to be known} */
  private String body() {
    return limit.isSet() ? plan.dialect().counting(plan.body(), capability.count()) : plan.body();
  }

  /** {@return the request from the start of the answer} */
  ProviderRequest fromTheStart(int attempt) {
    var call = plan.dialect().call(body());
    var name = name(attempt);
    return name != null && plan.dialect() instanceof ResumableDialect dialect
        ? dialect.kept(call, name)
        : call;
  }

  /**
   * {@return the attempt that a choice asks for}
   *
   * @param kept what is left of the broken generation
   * @param cursor where that was
   * @throws IllegalArgumentException if the body or the protocol does not allow it
   */
  NextAttempt next(
      int number,
      RungChoice choice,
      RungChoice.Kept kept,
      @Nullable Cursor cursor,
      CharSequence delivered,
      Cause cause) {
    var rung = choice.rung();
    var partial = partial(rung, choice.start(), delivered, cause);
    return switch (rung) {
      case CURSOR -> picked(number, kept, Objects.requireNonNull(cursor));
      case TOKEN_IDS ->
          new NextAttempt(
              number,
              upstream,
              tokenDialect().tokenize(body(), partial),
              Purpose.TOKENS,
              rung,
              choice.start());
      case CONTINUE, PREFILL, ANCHOR -> {
        var counting = counting();
        limit.estimated();
        yield counting == null
            ? continuing(number, rung, choice.start(), partial)
            : new NextAttempt(
                number,
                upstream,
                counting.count(plan.body(), partial),
                Purpose.COUNT,
                rung,
                choice.start());
      }
      case REPLAY ->
          new NextAttempt(number, upstream, fromTheStart(number), Purpose.ANSWER, rung, 0);
      case REFUSE -> throw new IllegalArgumentException("rung: must ask for more, was REFUSE");
    };
  }

  private NextAttempt continuing(int number, Rung rung, int start, Partial partial) {
    var body = plan.dialect().continuation(body(), partial, rung, capability.prefill());
    var call = plan.dialect().call(body);
    return new NextAttempt(
        number,
        upstream,
        rung == Rung.PREFILL && !capability.prefillPath().isEmpty()
            ? call.at(capability.prefillPath())
            : call,
        Purpose.ANSWER,
        rung,
        start);
  }

  /**
   * {@return the protocol in which the tokens so far are counted before the answer is continued, or
   * null} Only where a limit must be kept and the engine, which reports counts in other protocols,
   * reports none in this one.
   */
  private @Nullable CountingDialect counting() {
    return limit.isSet()
            && capability.count() == TokenCount.TIMINGS
            && prompt >= 0
            && !uncountable
            && plan.dialect() instanceof CountingDialect dialect
        ? dialect
        : null;
  }

  private NextAttempt picked(int number, RungChoice.Kept kept, Cursor cursor) {
    if (plan.dialect() instanceof ResumableDialect dialect) {
      boolean whole = kept == RungChoice.Kept.DOCUMENT;
      var call = whole ? dialect.poll(cursor) : dialect.resume(cursor, address);
      if (call != null) {
        return new NextAttempt(
            number, upstream, call, whole ? Purpose.POLL : Purpose.RESUME, Rung.CURSOR, 0);
      }
    }
    throw new IllegalArgumentException(
        "cursor: must be of a protocol that has one, was of " + plan.dialect().id());
  }

  /**
   * {@return the attempt that continues from token ids, or knowing how many tokens there are}
   *
   * @param asked the attempt that requested them
   * @param tokens the response to it
   * @throws IllegalArgumentException if that holds none
   */
  NextAttempt completing(NextAttempt asked, String tokens, CharSequence delivered, Cause cause) {
    var rung = Objects.requireNonNull(asked.rung());
    if (asked.purpose() == Purpose.COUNT && plan.dialect() instanceof CountingDialect dialect) {
      long produced = dialect.counted(tokens) - prompt;
      if (produced < 0) {
        throw new IllegalArgumentException(
            "input_tokens: must not be less than those of the prompt, %d, was less"
                .formatted(prompt));
      }
      limit.counted(asked.start(), produced);
      var partial = partial(rung, asked.start(), delivered, cause);
      return continuing(asked.number() + 1, rung, asked.start(), partial);
    }
    var partial = partial(Rung.TOKEN_IDS, asked.start(), delivered, cause);
    var call = tokenDialect().complete(body(), partial, tokens);
    return new NextAttempt(
        asked.number() + 1, upstream, call, Purpose.ANSWER, Rung.TOKEN_IDS, asked.start());
  }

  private TokenDialect tokenDialect() {
    if (plan.dialect() instanceof TokenDialect dialect) {
      return dialect;
    }
    throw new IllegalArgumentException(
        "token ids: must be taken by the protocol, was " + plan.dialect().id());
  }

  private Partial partial(Rung rung, int start, CharSequence delivered, Cause cause) {
    String before = delivered.subSequence(0, start).toString();
    String after = delivered.subSequence(start, delivered.length()).toString();
    // A model continues from the last word; the white space after it is not sent twice.
    boolean anchored = rung == Rung.ANCHOR;
    String text = anchored ? before + after.stripTrailing() : before;
    boolean echoed = echo.length() > 0 && echo.length() <= text.length();
    if (echo.length() > text.length() && rung != Rung.REPLAY && rung != Rung.CURSOR) {
      throw new IllegalArgumentException(
          "continuation: must begin after the words of the request, began within them");
    }
    return new Partial(text, anchored ? after.strip() : "", cause, limit.produced(start), echoed);
  }
}
