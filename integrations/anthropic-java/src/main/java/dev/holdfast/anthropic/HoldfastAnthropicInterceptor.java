package dev.holdfast.anthropic;

import com.anthropic.core.http.HttpClient;
import com.anthropic.core.http.HttpRequest;
import com.anthropic.core.http.Interceptor;
import dev.holdfast.client.relay.StreamRelay;
import java.util.Optional;

/**
 * An interceptor of anthropic-java that keeps streamed answers whole, synchronous and asynchronous,
 * on every backend whose client takes interceptors: {@code
 * AnthropicOkHttpClient.builder().addInterceptor(HoldfastAnthropicInterceptor.create())}.
 * Thread-safe.
 */
public final class HoldfastAnthropicInterceptor implements Interceptor {
  private final StreamRelay relay;

  private HoldfastAnthropicInterceptor(StreamRelay relay) {
    this.relay = relay;
  }

  /** {@return an interceptor with the defaults} */
  public static HoldfastAnthropicInterceptor create() {
    return create(relay());
  }

  /** {@return a relay with the defaults, whose warnings go to the logger of this package} */
  private static StreamRelay relay() {
    var logger = System.getLogger("dev.holdfast.anthropic");
    return StreamRelay.builder()
        .warnings(sentence -> logger.log(System.Logger.Level.WARNING, sentence))
        .build();
  }

  /**
   * {@return an interceptor with policies of the caller's}
   *
   * @throws IllegalStateException if anthropic-java is older than 3
   */
  public static HoldfastAnthropicInterceptor create(StreamRelay relay) {
    checkVersion();
    return new HoldfastAnthropicInterceptor(relay);
  }

  /** Before 3, the body of a request was no Optional. */
  private static void checkVersion() {
    boolean fits;
    try {
      fits = HttpRequest.class.getMethod("body").getReturnType().equals(Optional.class);
    } catch (NoSuchMethodException e) {
      fits = false;
    }
    if (!fits) {
      throw new IllegalStateException(
          "anthropic-java: must be 3.0.0 or later, was older; raise the version of"
              + " com.anthropic:anthropic-java to 3.0.0 or later");
    }
  }

  @Override
  public HttpClient intercept(HttpClient next) {
    return new HoldfastHttpClient(next, relay);
  }
}
