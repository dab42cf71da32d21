package dev.holdfast.client;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one request has otherwise than its client: policy, clocks, headers. Immutable; everything is
 * as the client has it until a {@code with} method changes it.
 */
public final class RequestOptions {
  /** Everything as the client has it. */
  public static final RequestOptions DEFAULT =
      new RequestOptions(null, UnaryOperator.identity(), Map.of());

  private final @Nullable StreamPolicy policy;
  private final UnaryOperator<Timeouts> clocks;
  private final Map<String, String> headers;

  private RequestOptions(
      @Nullable StreamPolicy policy, UnaryOperator<Timeouts> clocks, Map<String, String> headers) {
    this.policy = policy;
    this.clocks = clocks;
    this.headers = headers;
  }

  /** {@return a copy with a policy in place of the client's, and of the provider's profile} */
  public RequestOptions withPolicy(StreamPolicy policy) {
    return new RequestOptions(Objects.requireNonNull(policy, "policy"), clocks, headers);
  }

  /** {@return a copy with all five clocks replaced, whichever policy rules} */
  public RequestOptions withTimeouts(Timeouts timeouts) {
    Objects.requireNonNull(timeouts, "timeouts");
    return new RequestOptions(policy, before -> timeouts, headers);
  }

  /**
   * {@return a copy with a limit of the whole stream, recoveries included; zero for none} The other
   * clocks stay as they are.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public RequestOptions withTotal(Duration total) {
    Objects.requireNonNull(total, "total");
    Timeouts unused = Timeouts.DEFAULT.withTotal(total); // Checks it.
    return clocked(timeouts -> timeouts.withTotal(total));
  }

  /**
   * {@return a copy with a limit of the time until the first content or reasoning; zero for none}
   *
   * @throws IllegalArgumentException if it is negative
   */
  public RequestOptions withFirstToken(Duration firstToken) {
    Objects.requireNonNull(firstToken, "firstToken");
    Timeouts unused = Timeouts.DEFAULT.withFirstToken(firstToken); // Checks it.
    return clocked(timeouts -> timeouts.withFirstToken(firstToken));
  }

  /**
   * {@return a copy with one more request header} It replaces one of the same name of Holdfast, of
   * the upstream, or of the {@link dev.holdfast.core.request.ChatRequest}.
   *
   * @throws IllegalArgumentException if HTTP or the transport does not allow the header
   */
  public RequestOptions withHeader(String name, String content) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(content, "content");
    Upstream.checkHeader(name, content);
    var more = new LinkedHashMap<>(headers);
    more.put(name, content);
    return new RequestOptions(policy, clocks, Collections.unmodifiableMap(more));
  }

  private RequestOptions clocked(UnaryOperator<Timeouts> change) {
    return new RequestOptions(policy, timeouts -> change.apply(clocks.apply(timeouts)), headers);
  }

  /** {@return the policy in place of the client's; empty for the client's} */
  public Optional<StreamPolicy> policy() {
    return Optional.ofNullable(policy);
  }

  /** {@return further request headers by name} */
  public Map<String, String> headers() {
    return headers;
  }

  /** {@return the policy of this request, of the one that would rule without these options} */
  StreamPolicy over(StreamPolicy ruling) {
    StreamPolicy chosen = policy == null ? ruling : policy;
    return chosen.withTimeouts(clocks.apply(chosen.timeouts()));
  }

  /** {@return the policy and the names of the headers; their contents may be keys} */
  @Override
  public String toString() {
    return "RequestOptions[policy=%s, headers=%s]"
        .formatted(policy == null ? "the client's" : policy, headers.keySet());
  }
}
